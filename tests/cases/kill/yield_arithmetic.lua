-- A coroutine yields inside every arithmetic and bitwise metamethod, and the operator's result is
-- what the metamethod returns after it was resumed.
local log = {}
local mt = {}
local function event(name)
  mt[name] = function(a, b)
    local got = coroutine.yield(name)
    return name .. ":" .. got
  end
end
event "__add" event "__sub" event "__mul" event "__div" event "__mod" event "__pow" event "__idiv"
event "__unm" event "__bnot" event "__band" event "__bor" event "__bxor" event "__shl" event "__shr"

local x = setmetatable({}, mt)
local co = coroutine.wrap(function()
  local out = {}
  out[#out + 1] = x + 1
  out[#out + 1] = 1 + x
  out[#out + 1] = x - 1.5
  out[#out + 1] = 2 * x
  out[#out + 1] = x / x
  out[#out + 1] = x % "3"
  out[#out + 1] = 2 ^ x
  out[#out + 1] = x // 0
  out[#out + 1] = -x
  out[#out + 1] = ~x
  out[#out + 1] = x & 1
  out[#out + 1] = 1 | x
  out[#out + 1] = x ~ x
  out[#out + 1] = x << 1
  out[#out + 1] = 1 >> x
  return out
end)

local n = 0
local value = co()
while type(value) == "string" do
  n = n + 1
  print(n, value)
  value = co(n)
end
for i = 1, #value do print(value[i]) end
