-- Loops that do nothing but allocate collect all the same, and run finalizers.
local function tables()
  local finished, kept = false, { 34 }
  setmetatable({}, { __gc = function() finished = true end })
  local garbage
  repeat garbage = {} until finished
  return kept[1]
end
local function nested_tables()
  local finished, kept = false, { 35 }
  local garbage = { setmetatable({}, { __gc = function() finished = true end }) }
  repeat garbage = { {} } until finished
  return kept[1]
end
local function closures()
  local finished, kept = false, { 36 }
  setmetatable({}, { __gc = function() finished = true end })
  while not finished do
    local n = 0
    local function count() n = n + 1 end
  end
  return kept[1]
end
local function constant_closures()
  local finished, kept = false, { 37 }
  setmetatable({}, { __gc = function() finished = true end })
  for i = 1, math.huge do
    local function number() return i end
    if finished then break end
  end
  return kept[1]
end
print(tables(), nested_tables(), closures(), constant_closures())
local weak = setmetatable({ {} }, { __mode = "v" })
while weak[1] do local garbage = {} end
print(#weak)
