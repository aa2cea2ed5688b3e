-- Precompiled chunks: header, damage, mode, upvalues, and functions that come back whole.
  local header = string.pack("c4BBc6BBB", "\27Lua", 0x54, 0, "\x19\x93\r\n\x1a\n", 4, string.packsize("j"), string.packsize("n"))
  local c = string.dump(function () local a = 1; local b = 3; local f = function () return a + b + _ENV.c; end
    local s1 = "constant" local s2 = "another constant" return f() end)
  _G.c = 6
  assert(assert(load(c, "", "b"))() == 10)
  assert(string.sub(c, 1, #header) == header)
  local ci, cn = string.unpack("jn", c, #header + 1)
  assert(ci == 0x5678 and cn == 370.5)
  for i = 1, #header do
    local s = string.sub(c, 1, i - 1) .. string.char(string.byte(string.sub(c, i, i)) + 1 & 0xff) .. string.sub(c, i + 1, -1)
    assert(#s == #c)
    local ok, m = load(s) assert(not ok)
    print(i, m)
  end
  for i = 1, #c - 1 do
    local st, msg = load(string.sub(c, 1, i))
    assert(not st and string.find(msg, "truncated"))
  end
print(load(c, "x", "t"))
print(load("return 1", "=x", "b"))
local f = function (a) return a + 1 end
f = assert(load(string.dump(f, true)))
print(f(3), pcall(f, {}))
f = function () local a; a = {}; return a + 2 end
f = assert(load(string.dump(f, true)))
print(pcall(f))
local up = 1
f = load(string.dump(function() undefd(up) end, true))
print(pcall(f))
f = load(string.dump(function() up.x = undefd end, true))
print(pcall(f))
f = load(string.dump(function() error("hi") end, true))
print(pcall(f))
f = load(string.dump(function() local t = {} ; t.x.y() end, true))
print(pcall(f))
f = load(string.dump(function() undefd() end))
print(pcall(f))
print(pcall(string.dump, print))
print(pcall(string.dump, 1))
f = load(string.dump(function() print(debug.traceback("x")) local i = debug.getinfo(1, "Slnu") print(i.source, i.short_src, i.currentline, i.linedefined, i.lastlinedefined, i.what, i.nups) end, true))
f()
f = load(string.dump(function() print(debug.traceback("x")) local i = debug.getinfo(1, "Slnu") print(i.source, i.short_src, i.currentline, i.linedefined, i.lastlinedefined, i.what, i.nups) end))
f()
for _, strip in ipairs{false, true} do
  local a, b = 20, 30
  local x = load(string.dump(function (x) if x == "set" then a = 10+b; b = b+1 else return a end end, strip), "", "b", nil)
  print(x(), debug.setupvalue(x, 1, "hi"), x(), debug.setupvalue(x, 2, 13), debug.setupvalue(x, 3, 10), debug.getupvalue(x, 1))
  x("set") print(x()) x("set") print(x())
end
print(load(string.dump(load"return x"), "n", "b", {x = 5})())
print(pcall(load(string.dump(function() return up, _ENV, y end))))
print(#string.dump(f, true) < #string.dump(f))
-- twice
local g = function(n) local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end return fib(n) end
for i = 1, 3 do g = load(string.dump(g, i == 2)) end
print(g(20))
-- close, goto, varargs, method, coroutines
local k = load(string.dump(function(...)
  local t = {...}
  local log = {}
  do local x <close> = setmetatable({}, {__close = function() log[#log + 1] = "closed" end})
    for i, v in ipairs(t) do if v == 2 then goto cont end log[#log + 1] = v ::cont:: end
  end
  local co = coroutine.wrap(function(...) for i = 1, select('#', ...) do coroutine.yield((select(i, ...))) end end)
  log[#log+1] = co(7, 8) log[#log+1] = co()
  return table.concat(log, ","), ("x"):rep(3), #t, ...
end))
print(k(1, 2, 3))
