-- Recursion 150000 frames deep inside a coroutine, with a yield at the bottom, an error from
-- there, and a second coroutine as deep at the same time.
--! gc: once, as each collection would walk all the frames
local function down(n)
  if n == 0 then return coroutine.yield("bottom") end
  return 1 + down(n - 1)
end
local a = coroutine.create(down)
local b = coroutine.create(down)
print(coroutine.resume(a, 150000))
print(coroutine.resume(b, 150000))
collectgarbage()
print(coroutine.resume(a, 0))
print(coroutine.resume(b, 5))
print(coroutine.status(a), coroutine.status(b))

local function fail(n)
  if n == 0 then error("deep error", 0) end
  return 1 + fail(n - 1)
end
print(coroutine.resume(coroutine.create(fail), 150000))
local c = coroutine.create(function()
  local ok, e = pcall(fail, 100000)
  coroutine.yield(ok, e)
  return fail(1)
end)
print(coroutine.resume(c))
print(coroutine.resume(c))
-- A deep coroutine that is dropped while suspended is collected.
for i = 1, 5 do
  local d = coroutine.wrap(down)
  d(20000)
end
collectgarbage()
print("end")
