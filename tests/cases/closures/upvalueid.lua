-- `debug.upvalueid` tells variables apart, `upvaluejoin` and `setupvalue` change them: a chunk that
-- names one of these keeps all captured variables as such.
local a, b = 3, 3
local function f() return a + b end
local function g() return b + a end
local h
do
  local a = 3
  h = function() return a + b end
end
local id = debug.upvalueid
print(id(f, 1) == id(g, 2), id(f, 2) == id(g, 1), id(f, 1) == id(f, 2))
print(id(h, 1) == id(f, 1), id(h, 2) == id(f, 2), id(f, 3))
print(debug.setupvalue(f, 1, 10), f(), g(), h())
debug.upvaluejoin(h, 1, f, 1)
print(h(), id(h, 1) == id(f, 1))
print(type(id(function() return print end, 1)))
