-- Cycles, weak tables and closures that refer to themselves are collected; what is reachable is not.
local weak = setmetatable({}, { __mode = "v" })
local keys = setmetatable({}, { __mode = "k" })
local function fill()
  local a, b = {}, {}
  a.b, b.a = b, a
  weak.cycle = a
  local function f() return f end
  weak.closure = f
  weak.coroutine = coroutine.create(function() local self = weak.coroutine coroutine.yield() end)
  keys[{}] = "gone"
  local k = {}
  keys[k] = k
end
fill()
local kept = { "kept" }
weak.kept = kept
keys[kept] = "stays"
collectgarbage()
collectgarbage()
print(weak.cycle, weak.closure, weak.coroutine, weak.kept == kept)
local n = 0
for k, v in pairs(keys) do n = n + 1 end
print(n, keys[kept])
-- Strings and numbers are never removed from a weak table.
weak[1] = "string " .. 1
weak[2] = 42
weak[3] = {}
collectgarbage()
print(weak[1], weak[2], weak[3])
-- Memory stays bounded while garbage is made.
local before = collectgarbage("count")
for i = 1, 2000 do local t = { { i }, { i, { i } } } t[1].parent = t end
collectgarbage()
print(collectgarbage("count") - before < 200)
