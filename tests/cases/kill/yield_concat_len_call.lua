-- __concat, __len and __call yield; concatenation of several operands goes on where it was.
local mt = {}
mt.__concat = function(a, b)
  local left = type(a) == "table" and "T" or a
  local right = type(b) == "table" and "T" or b
  return coroutine.yield("concat", left, right)
end
mt.__len = function(t) return coroutine.yield("len") end
mt.__call = function(self, ...) return coroutine.yield("call", ...) end
local t = setmetatable({}, mt)

local co = coroutine.wrap(function()
  print("1", t .. "a")
  print("2", "a" .. t)
  print("3", "a" .. "b" .. t .. "c" .. "d")
  print("4", 1 .. t .. 2.5)
  print("5", #t, #t + 1)
  print("6", t(1, nil, 3))
  local a, b, c = t()
  print("7", a, b, c)
  print("8", (t("only")))
  local function tail(...) return t(...) end
  print("9", tail("x", "y"))
  return "end"
end)

print(co())
print(co("r1"))
print(co("r2"))
print(co("r3a"))
print(co("r3b"))
print(co("r4a"))
print(co(7))
print(co(8))
print(co("c1", nil, "c3", nil))
print(co("p", "q"))
print(co("first", "second"))
