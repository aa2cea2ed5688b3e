-- Yields pass through pcall and xpcall, nested; errors raised after the resumption are caught by
-- the pcall they belong to, and the handler sees them once.
local function handler(e) return "handled " .. tostring(e) end
local co = coroutine.wrap(function()
  print("plain", pcall(function(a, b)
    local x = coroutine.yield(a)
    local y = coroutine.yield(b)
    return x, y
  end, "A", "B"))
  print("error", pcall(function()
    local x = coroutine.yield("before error")
    error("raised " .. x, 0)
  end))
  print("xpcall", xpcall(function(...)
    local x = coroutine.yield(...)
    error({ code = x })
  end, function(e) return e.code + 1 end, "in xpcall", 2))
  print("xpcall fine", xpcall(function() return coroutine.yield("fine") end, handler))
  print("nested", pcall(function()
    local inner = { pcall(function()
      coroutine.yield("inner")
      error("inner error", 0)
    end) }
    coroutine.yield("between")
    error(inner[2] .. ", then outer", 0)
  end))
  print("as function", pcall(coroutine.yield, "direct", 1, 2))
  print("pcall of pcall", pcall(pcall, function() error(coroutine.yield("deep"), 0) end))
  print("xpcall of yield", xpcall(coroutine.yield, handler, "xdirect"))
  print("nil call", pcall(function() coroutine.yield("nil next") local f f() end))
  local ok, e = xpcall(function() coroutine.yield("again") local t = {} t.x.y = 1 end, handler)
  print(ok, e)
  return "end"
end)
local values = { n = 0 }
local r = { co() }
while r[1] ~= "end" do
  values.n = values.n + 1
  print("yielded", r[1], r[2], r[3])
  r = { co(values.n * 10, values.n * 10 + 1) }
end
print(r[1], values.n)
