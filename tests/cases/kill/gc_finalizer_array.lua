-- Finalizers that run inside an allocating loop change the element type and the length of the
-- array that the loop works on.
local a = {}
for i = 1, 50 do a[i] = i end
local finalized = 0
local function bomb(action)
  setmetatable({}, { __gc = function() finalized = finalized + 1 action() end })
end

-- Integers become a string, in the middle of a loop that sums integers.
local turned = false
bomb(function() a[50] = "text" turned = true end)
local seen
local turns = 0
while not seen do
  turns = turns + 1
  local sum = 0
  for i = 1, #a do
    local v = a[i]
    if type(v) == "string" then seen = i else sum = sum + v end
    local garbage = { i }
  end
  if turns % 1000 == 0 then collectgarbage() end
end
print(turned, seen, type(a[50]), finalized)

-- Floats become tables and the array grows.
local b = {}
for i = 1, 20 do b[i] = i + 0.5 end
local grown = false
bomb(function() for i = 1, 40 do b[i] = { i } end grown = true end)
local tables = 0
repeat
  tables = 0
  local i = 1
  while i <= #b do
    local v = b[i]
    if type(v) == "table" then tables = tables + v[1] end
    local garbage = { v }
    i = i + 1
  end
  if not grown then collectgarbage() end
until tables == 820
print(grown, tables, #b, finalized)

-- The array is emptied.
local c = {}
for i = 1, 30 do c[i] = "s" .. i end
bomb(function() for i = #c, 1, -1 do c[i] = nil end end)
local count
repeat
  count = 0
  for i = 1, 30 do
    if c[i] then count = count + 1 end
    local garbage = { c[i] }
  end
  if count > 0 then collectgarbage() end
until count == 0
print(count, #c, finalized)

-- A finalizer gives its object a second life; without being marked again it runs only once.
local saved
do
  setmetatable({ "phoenix" }, { __gc = function(o) saved = o end })
end
collectgarbage() collectgarbage()
print(saved and saved[1])
saved = nil
collectgarbage() collectgarbage()
print(saved)
-- An error in a finalizer is no error of the program; the order is the reverse of the marking.
local order, keep = {}, {}
for i = 1, 4 do
  keep[i] = setmetatable({}, { __gc = function() order[#order + 1] = i end })
end
keep = nil
collectgarbage() collectgarbage()
print(#order, order[1], order[2], order[3], order[4])
