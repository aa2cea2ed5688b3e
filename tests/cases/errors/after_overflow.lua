-- After a deep recursion has ended by an error, on the main stack and in coroutines.
local function down(n) if n == 0 then error("bottom") end return 1 + down(n - 1) end
print(pcall(down, 100000))
coroutine.wrap(function() end)()
print(coroutine.wrap(function(...) return ... end)(1, 2))
local function forever(n) return 1 + forever(n + 1) end
local ok, message = pcall(forever, 0)
print(ok, (message:match("stack overflow")))
for _ = 1, 3 do
  local co = coroutine.create(forever)
  local ok, message = coroutine.resume(co, 0)
  print(ok, message:match("stack overflow"), coroutine.status(co))
  print(coroutine.resume(co))
  print(coroutine.wrap(function(f, ...) return pcall(f, ...) end)(down, 50000))
  collectgarbage()
end
-- Frames made by tail calls, and of functions with many parameters.
local function sum(a, b, c, d, e, f, g, h, i, j, ...)
  return forever(select("#", ...))
end
local ok, message = pcall(sum, table.unpack({}, 1, 200))
print(ok, (message:match("stack overflow")))
local function tail(n, ...) if n == 0 then return forever(0) end return tail(n - 1, n, ...) end
local ok, message = pcall(tail, 150)
print(ok, (message:match("stack overflow")))
local co = coroutine.wrap(function() return pcall(forever, 0) end)
local ok, message = co()
print(ok, (message:match("stack overflow")))
