-- The iterator of a generic for yields, as a function, as a callable table, from __pairs, and as
-- a coroutine inside a coroutine.
local function range(n)
  return function(state, i)
    local step = coroutine.yield("next", i)
    i = i + step
    if i <= state then return i, i * i end
  end, n, 0
end
local callable = setmetatable({}, { __call = function(self, state, control)
  local v = coroutine.yield("callable", control)
  return v
end })
local pairs_object = setmetatable({}, { __pairs = function(t)
  local n = coroutine.yield("pairs")
  return function(_, k) if k < n then return k + 1 end end, t, 0
end })

local co = coroutine.wrap(function()
  local sum = 0
  for i, square in range(6) do
    sum = sum + square
    if square > 20 then break end
  end
  print("sum", sum)
  for v in callable do print("callable", v) end
  for k in pairs(pairs_object) do print("pair", k) end
  local inner = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
  for i in inner do
    print("inner", i, coroutine.yield("outer", i))
  end
  return "end"
end)
print(co())
print(co(1))
print(co(2))
print(co(1))
print(co(2))
print(co("v1"))
print(co("v2"))
print(co(nil))
print(co(3))
print(co("a"))
print(co("b"))
print(co("c"))
