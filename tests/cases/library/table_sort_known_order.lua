-- Order functions that do nothing but compare are known, whatever the elements are.
local function up(a, b) return a < b end
local function down(a, b) return a > b end
local function show(t)
  local texts = {}
  for i = 1, #t do texts[i] = tostring(t[i]) end
  print(table.concat(texts, " "))
end
local seed = 7
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end
for _, order in ipairs { up, down } do
  for _, make in ipairs {
    function() return random(50) end,
    function() return random(50) / 4 - 3 end,
    function() return "s" .. random(50) end,
    function(i) return i % 2 == 0 and random(9) or random(9) + 0.5 end,
  } do
    local t = {}
    for i = 1, 30 do t[i] = make(i) end
    table.sort(t, order)
    show(t)
  end
  print(pcall(table.sort, { 1, "x", 2 }, order))
  print(pcall(table.sort, { 1, {}, 2 }, order))
  print(pcall(table.sort, { 3, 0 / 0, 2, 0 / 0, 1 }, order))
  local t = setmetatable({}, { __index = function(_, i) return 10 - i end, __len = function() return 4 end })
  table.sort(t, order)
  show(t)
  show { -0.0, 0.0, 1.0 }
end
-- Elements that compare by a metamethod, and order functions that are not so plain.
local meta = { __lt = function(a, b) return a.n < b.n end }
local objects = {}
for i = 1, 9 do objects[i] = setmetatable({ n = random(100) }, meta) end
table.sort(objects, down)
for i = 1, 9 do io.write(objects[i].n, " ") end
print()
local calls = 0
local t = { 3, 1, 2 }
table.sort(t, function(a, b) calls = calls + 1 return a < b end)
show(t)
print(calls > 0)
table.sort(t, load "local a, b = ... return a > b")
show(t)
table.sort(t, load "return function(a, b) return a < b end" ())
show(t)
print(pcall(table.sort, { 1, 2, 3, 4, 5, 6 }, function(a, b) return a <= b end))
