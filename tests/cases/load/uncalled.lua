-- What is known of a loaded function before it is called, and that it is the same afterwards.
local text = [[
local a, b = 1, 2
local function first(x, y, ...) local z = a return x, y, z, ... end
local function second(p)
  b = b + p
  return function(q) return a + b + q, "a string that is too long to be interned, as it goes on" end
end
return first, second, function(l, r) return l < r end, function(l, r) return l > r end,
  function() return "a string that is too long to be interned, as it goes on" end
]]

local function show(name, f)
  local info = debug.getinfo(f, "Su")
  print(name, info.what, info.short_src, info.linedefined, info.lastlinedefined, info.nparams,
    info.isvararg, info.nups)
  for index = 1, info.nups do print("", (debug.getupvalue(f, index))) end
end

local main = load(text, "=text")
show("main", main)
local first, second, less, greater, long = main()
show("main", main)
for _ = 1, 2 do
  show("first", first)
  show("second", second)
  print(first(10, 20, 30))
  print(second(5)(7))
  show("inner", second(0))
end

-- Comparisons are known as such by `table.sort` whether they were called or not.
local numbers = {3, 1, 2}
table.sort(numbers, greater)
print(table.concat(numbers, " "))
table.sort(numbers, less)
print(table.concat(numbers, " "))

-- Equal long strings of a chunk are one, whichever function came first.
local _, inner = second(0)(1)
print(string.format("%p", inner) == string.format("%p", long()))

-- Dumped before and after some of the functions were called.
local function dumped(f) return #string.dump(f), #string.dump(f, true) end
local again = load(text, "=text")
local whole, stripped = dumped(again)
local inside = {select(1, again())}
print(whole == #string.dump(again), stripped == #string.dump(again, true))
for index, f in ipairs(inside) do
  local before = string.dump(f)
  pcall(f, 1, 2)
  print(index, before == string.dump(f), before == string.dump(load(before)))
end
local f1, f2, f3 = load(string.dump(main))()
show("first", f1)
print(f1(1, 2, 3))
show("less", f3)
print(f3(1, 2), f3(2, 1), pcall(f3, 1, {}))
show("second", f2)
print(f2(5)(7))

-- An error in a function that is called for the first time.
local raise = load("local t = ...\nreturn function(k)\n  return t.x[k].y\nend", "=raise")({x = {}})
print(pcall(raise, "key"))
print(pcall(raise, "key"))

-- Trees of functions that go out of use before they are called.
for round = 1, 200 do
  local f = load("local function g() return function() return " .. round .. " end end return g")()
  if round % 50 == 0 then collectgarbage() print(f()()) end
end
