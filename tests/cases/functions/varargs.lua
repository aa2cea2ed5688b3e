-- ... in every position: calls, constructors, assignments, returns, parentheses, nested functions.
local function f(...)
  local a, b = ...
  local t = { ..., "last" }
  local u = { "first", ... }
  return a, b, #t, #u, (...), select("#", ...)
end
print(f()) print(f(1)) print(f(1, 2, 3)) print(f(nil, nil))
local function g(...) return ... end
print(g(1, 2), g(3, 4)) print((g(1, 2))) print(g(), "x", g())
local function h(...) local args = { ... } return function() return table.unpack(args) end end
print(h(1, 2, 3)())
print(select("#", g(nil, nil, nil)), select(2, "a", "b", "c"), select(-1, "a", "b"))
local function sum(...) local s = 0 for _, v in ipairs { ... } do s = s + v end return s end
print(sum(), sum(1), sum(1, 2, 3))
local p = table.pack(g(1, nil, 3, nil))
print(p.n, p[1], p[2], p[3], p[4])
print(table.unpack({ 1, 2, 3 }, 2), table.unpack({ 1, 2 }, 1, 3))
local function rec(n, ...) if n == 0 then return select("#", ...) end return rec(n - 1, n, ...) end
print(rec(50))
print(... == nil, select("#", ...))
local function mixed(a, ...) a = a or "none" return a .. select("#", ...) end
print(mixed(), mixed("x"), mixed("x", 1, 2))
