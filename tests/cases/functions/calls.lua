-- Arguments and results are adjusted; methods, string calls, table calls, chained calls.
local function f(a, b, c) return a, b, c end
print(f()) print(f(1)) print(f(1, 2, 3, 4)) print((f(1, 2)))
print(f(f(1, 2)), f(f(1), f(2)))
print((f { 1 })[1], (f "s"), (f [[long]]), type((f {})))
local o = { v = 5 }
function o:get(x) return self.v, x end
function o.static(x) return x end
o.a = { b = {} }
function o.a.b.c(x) return "c", x end
function o.a.b:d(x) return self == o.a.b, x end
print(o:get(1), o.get(o, 2)) print(o.static(3)) print(o.a.b.c(4)) print(o.a.b:d(5))
print(("x"):rep(3), #("abc"):upper(), ("%d"):format(7))
local function curry(a) return function(b) return function(c) return a, b, c end end end
print(curry(1)(2)(3))
print((function(...) return select("#", ...) end)(nil, nil))
print(type(f), f == f, (function() end)())
local function defaults(a, b) a = a or "default" b = b == nil and true or b return a, b end
print(defaults()) print(defaults(1, false))
print(pcall(f, 1), select("#", f(1)))
print(type(print), print == print)
-- Recursion depth and many parameters.
local function many(a, b, c, d, e, f, g, h, i, j, k, l) return l, k, j, i, h, g, f, e, d, c, b, a end
print(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
print(many(1, 2.5, "3", true, nil, {} and 6))
