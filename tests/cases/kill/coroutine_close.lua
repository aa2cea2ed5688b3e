-- coroutine.close runs the pending __close handlers, innermost first, and reports their error.
local function closing(name, value)
  return setmetatable({}, { __close = function(_, e)
    print("close", name, e)
    if value ~= nil then error(value, 0) end
  end })
end

local co = coroutine.create(function()
  local a <close> = closing "a"
  local b <close> = closing "b"
  coroutine.yield("waiting")
  print("never")
end)
print(coroutine.resume(co))
print(coroutine.close(co), coroutine.status(co))
print(coroutine.close(co))
print(coroutine.resume(co))

co = coroutine.create(function()
  local a <close> = closing "a"
  local b <close> = closing("b", "from b")
  local c <close> = closing "c"
  coroutine.yield()
end)
coroutine.resume(co)
print(coroutine.close(co))
print(coroutine.status(co), coroutine.close(co))

-- Through pcall and several frames; pcall does not catch what ends the coroutine.
co = coroutine.create(function()
  local outer <close> = closing "outer"
  print("pcall", pcall(function()
    local inner <close> = closing "inner"
    local function deep(n)
      local d <close> = closing("deep" .. n)
      if n == 0 then coroutine.yield("deep") end
      deep(n - 1)
    end
    deep(2)
  end))
  print("never")
end)
print(coroutine.resume(co))
print(coroutine.close(co))

-- A coroutine that never started, one that ended, one that failed.
co = coroutine.create(print)
print(coroutine.close(co), coroutine.status(co))
co = coroutine.create(function() return 1 end)
coroutine.resume(co)
print(coroutine.close(co))
co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function(_, e) print("close", e[1]) end }) error({ "failed" }) end)
local ok, e = coroutine.resume(co)
print(ok, e[1])
ok, e = coroutine.close(co)
print(ok, type(e))
print(coroutine.close(co))

-- One that runs or waits for another cannot be closed.
print(pcall(coroutine.close, coroutine.running()))
local parent
parent = coroutine.create(function()
  local child = coroutine.create(function() return pcall(coroutine.close, parent) end)
  return coroutine.resume(child)
end)
print(coroutine.resume(parent))
co = coroutine.create(function() return pcall(coroutine.close, (coroutine.running())) end)
print(coroutine.resume(co))

-- A handler that yields cannot, as nobody could resume it.
co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function() print(pcall(coroutine.yield, "no")) end })
  coroutine.yield()
end)
coroutine.resume(co)
print(coroutine.close(co))
-- A handler that resumes another coroutine may.
co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function()
    print(coroutine.wrap(function() coroutine.yield("other") end)())
  end })
  coroutine.yield()
end)
coroutine.resume(co)
print(coroutine.close(co))
-- A suspended one inside a generic for, whose closing value goes too.
co = coroutine.wrap(function()
  for i in function(_, i) return (i or 0) + 1 end, nil, nil, closing "for" do coroutine.yield(i) end
end)
print(co(), co())
