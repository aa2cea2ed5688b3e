-- Endless recursion is an error that pcall catches, again and again, in the main program and in
-- coroutines, through Lua functions, metamethods and pcall itself.
--! gc: once, as each collection would walk all the frames
local function forever() return 1 + forever() end
local function report(ok, e)
  -- The text goes on with the stack's size or a traceback in some cases: its beginning is enough.
  print(ok, type(e))
end
for i = 1, 3 do report(pcall(forever)) end
print(select("#", pcall(forever)))

local mutual_b
local function mutual_a(x) local y = { x } return mutual_b(y) + 1 end
function mutual_b(x) return mutual_a(x) + 1 end
report(pcall(mutual_a, 1))

local depth = 0
local function count() depth = depth + 1 count() depth = depth - 1 end
report(pcall(count))
print(depth > 10000)

local co = coroutine.create(forever)
report(coroutine.resume(co))
print(coroutine.status(co))
print(coroutine.wrap(function() return (pcall(forever)), "goes on" end)())

local t = setmetatable({}, {})
getmetatable(t).__index = function(t, k) return t[k .. "x"] end
report(pcall(function() return t.a end))
getmetatable(t).__add = function(a, b) return a + b end
report(pcall(function() return t + 1 end))

local function through_pcall() local ok, e = pcall(through_pcall) if not ok then error(e, 0) end end
report(pcall(through_pcall))

local function with_varargs(...) return with_varargs(1, ...) + 1 end
report(pcall(with_varargs))
-- The to-be-closed variables of the frames that go are closed.
local closed = 0
local mt = { __close = function() closed = closed + 1 end }
local function guarded() local g <close> = setmetatable({}, mt) guarded() end
report(pcall(guarded))
print(closed > 1000)
-- And the program works as before.
local function sum(n) if n == 0 then return 0 end return n + sum(n - 1) end
print(sum(10000))
