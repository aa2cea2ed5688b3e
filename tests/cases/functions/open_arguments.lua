-- The last argument is a call: none, one or many values, with none to many before it.
local function values(n)
  if n == 0 then return end
  if n == 1 then return "one" end
  if n == 2 then return "one", 2 end
  return "one", 2, 3.5, nil, {}
end
local function show(...)
  local list = { n = select("#", ...), ... }
  for i = 1, list.n do
    list[i] = type(list[i]) == "table" and "table" or tostring(list[i])
  end
  return table.concat(list, " ", 1, list.n)
end
local function fixed(a, b, c, d)
  return show(a, b, c, d)
end
for n = 0, 3 do
  print(show(values(n)), show(1, values(n)), show(1, 2, values(n)), show(1, 2, 3, values(n)))
  print(show(nil, true, 0.5, "x", values(n)), fixed(values(n)), fixed(1, 2, values(n)))
  print(fixed(1, 2, 3, values(n)), (show(values(n))))
end
local function tail(n, ...)
  if n == 0 then return ... end
  return tail(n - 1, show(...))
end
print(tail(3, 1, 2), tail(1, values(1)), (tail(0, values(3))))
