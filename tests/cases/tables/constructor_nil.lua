-- A constructor's nil before a key that is there already.
local function show(t)
  local keys = {}
  for key, value in pairs(t) do keys[#keys + 1] = key .. "=" .. tostring(value) end
  table.sort(keys)
  print(#t, table.concat(keys, " "))
end
local t = { [2] = 1, nil }
show(t)
t[2] = nil
show(t)
t[2] = 5
show(t)
t[1] = 4
show(t)
show { [2] = 1, nil, 7 }
show { [2] = 1, nil, nil }
show { [3] = 1, nil, nil }
show { [3] = 1, 5, nil }
show { [4] = 1, [3] = 2, [2] = 3, nil, 7 }
local t = { [2] = 1, [3] = 2, nil, x = 1 }
for key in pairs(t) do t[key] = nil end
show(t)
