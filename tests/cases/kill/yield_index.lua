-- __index and __newindex functions yield: for names, keys, globals of a changed environment's
-- kind, method calls, and through a chain of tables.
local store = {}
local proxy = setmetatable({}, {
  __index = function(t, k) return coroutine.yield("get", k) end,
  __newindex = function(t, k, v)
    store[k] = v
    return coroutine.yield("set", k, v)
  end,
})
local outer = setmetatable({}, { __index = setmetatable({}, { __index = proxy }), __newindex = proxy })

local co = coroutine.wrap(function(...)
  print("start", ...)
  local x = proxy.name
  print("name", x)
  local y = outer[42]
  print("chain", y)
  proxy.key = x
  outer[1.5] = y
  proxy[1], proxy[2] = proxy.a, proxy.b
  print("method", proxy:call(1, 2, 3))
  proxy.n = proxy.n + 1
  local t = { proxy.x, proxy.y, z = proxy.z }
  print("constructor", t[1], t[2], t.z)
  return proxy.last.first
end)

print(co("one", "two"))
print(co("X"))
print(co("Y"))
print(co())
print(co())
print(co(10))
print(co(20))
print(co())
print(co())
print(co(function(self, ...) print(self == proxy, ...) return "called", coroutine.yield("inside") end))
print(co("back"))
print(co(5))
print(co())
print(co(1))
print(co(2))
print(co(3))
print(co({ first = "end" }))
for _, k in ipairs({ 1, 2, "key", 1.5, "n" }) do print(k, store[k]) end
