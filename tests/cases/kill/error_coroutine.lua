-- An error ends a coroutine and is the second result of resume; through wrap it goes on to the
-- caller. A dead coroutine cannot be resumed.
local co = coroutine.create(function(a) error("failed with " .. a, 0) end)
print(coroutine.resume(co, "x"))
print(coroutine.status(co))
print(coroutine.resume(co))
co = coroutine.create(function() error(nil) end)
print(coroutine.resume(co))
local object = { 1 }
co = coroutine.create(function() coroutine.yield() error(object) end)
print(coroutine.resume(co))
local ok, e = coroutine.resume(co)
print(ok, e == object)

-- Position of an error, and one that the runtime raises.
co = coroutine.create(function()
  local t
  t.x = 1
end)
print(coroutine.resume(co))

-- wrap: the error goes on, a string gets the position of the caller in front.
local gen = coroutine.wrap(function() error("in wrap", 0) end)
print(pcall(gen))
print(pcall(gen))
gen = coroutine.wrap(function() error({ code = 3 }) end)
ok, e = pcall(gen)
print(ok, type(e), e.code)
gen = coroutine.wrap(function() error("seen from Lua", 0) end)
print(pcall(function()
  gen()
end))
gen = coroutine.wrap(function() return 1 end)
print(gen())
print(pcall(gen))
print(pcall(function() return gen() end))

-- Across several coroutines; each pcall between catches.
local function nest(n)
  if n == 0 then error("innermost", 0) end
  local inner = coroutine.wrap(nest)
  return inner(n - 1)
end
print(pcall(nest, 5))
local function nest_resume(n)
  if n == 0 then error({ n = 0 }) end
  local ok, e = coroutine.resume(coroutine.create(nest_resume), n - 1)
  e.n = e.n + 1
  error(e)
end
ok, e = pcall(nest_resume, 10)
print(ok, e.n)

-- wrap closes the variables of a coroutine that fails.
gen = coroutine.wrap(function()
  local x <close> = setmetatable({}, { __close = function(_, e) print("closed", e) end })
  coroutine.yield(1)
  error("after yield", 0)
end)
print(gen())
print(pcall(gen))
-- With a handler that fails in its turn.
gen = coroutine.wrap(function()
  local x <close> = setmetatable({}, { __close = function(_, e) error("replaced " .. e, 0) end })
  error("first", 0)
end)
print(pcall(gen))

-- Misuse.
print(pcall(coroutine.resume, 1))
print(pcall(coroutine.create, 1))
print(pcall(coroutine.wrap))
print(pcall(coroutine.status, nil))
print(coroutine.resume(coroutine.running()))
print(pcall(coroutine.yield, "outside"))
co = coroutine.create(function() return coroutine.resume(co) end)
print(coroutine.resume(co))
co = coroutine.wrap(function() return pcall(co) end)
print(co())
