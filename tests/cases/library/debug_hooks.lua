-- Hooks for lines, counts, calls and returns.

local out = {}
local function note(event, line) out[#out + 1] = event .. (line and " " .. line or "") end
local function show(title)
  debug.sethook()
  print(title .. ": " .. table.concat(out, ", "))
  out = {}
end

local function trace(title, source, mask)
  local f = assert(load(source))
  debug.sethook(note, mask)
  f()
  show(title)
end

trace("if", "if\nmath.sin(1)\nthen\n  a=1\nelse\n  a=2\nend\n", "l")
trace("else", "if nil\nthen\n  a=1\nelse\n  a=2\nend\n", "l")
trace("function", "local function foo()\nend\nfoo()\nA = 1\nA = 2\n", "l")
trace("repeat", "a=1\nrepeat\n  a=a+1\nuntil a==3\n", "l")
trace("while", "local a\na=1\nwhile a<=3 do\n  a=a+1\nend\n", "l")
trace("break", "while math.sin(1) do\n  if math.sin(1)\n  then break\n  end\nend\na=1", "l")
trace("for", "for i=1,3 do\n  a=i\nend\n", "l")
trace("one line", "for i=1,4 do a=1 end", "l")
trace("for in", "for i,v in pairs{'a','b'} do\n  a=tostring(i) .. v\nend\n", "l")
trace("for in, one line", "for _, v in ipairs{1, 2, 3} do a = v end", "l")
trace("goto", "local i = 1\n::top::\ni = i + 1\nif i < 4 then\n  goto top\nend\nlocal x", "l")
trace("and", "local x = 1\nlocal y = x\n  and x > 2\n  or x < 3\nlocal z = not y", "l")
trace("table", "local t = {\n1,\n2,\nx = 3,\n[4] = 5,\n}\nreturn t", "l")
trace("call", "math.max(\n1,\n2,\n3)\nlocal s = ('x')\n:rep(2)", "l")
trace("operators", "local a = 1\nlocal b = a\n+ a\n* a\nlocal c = a ..\nb ..\n'x'", "l")
trace("assignment", "local t = {}\nt.a, t.b,\nt.c = 1,\n2,\n3", "l")
trace("close", "do\n local x <close> = nil\n local y = 1\nend\nlocal z", "l")
trace("calls", [[
  local function tail(...) return select('#', ...) end
  local function f(x) return tail(x, x) end
  local r = f(1)
  return r
]], "cr")
trace("metamethods", [[
  local t = setmetatable({}, {__index = function(t, k) return k end, __add = rawequal,
    __lt = function() return true end, __concat = function() return 'c' end})
  local x, y, z, w = t.x, t + t, t < t, t .. t
]], "cr")
trace("pcall", "pcall(error, 'x') pcall(pcall, math.abs, -1)", "cr")
trace("coroutines", [[
  local co = coroutine.wrap(function(a) coroutine.yield(a) return 1 end)
  co(1) co(2)
]], "cr")
trace("closing", [[
  local function f()
    local x <close> = setmetatable({}, {__close = function() end})
    return 1
  end
  f()
]], "crl")

-- What is passed.
local function passed(event)
  local info = debug.getinfo(2, "rSn")
  local values = {}
  for i = info.ftransfer, info.ftransfer + info.ntransfer - 1 do
    values[#values + 1] = tostring(select(2, debug.getlocal(2, i)))
  end
  out[#out + 1] = event .. " " .. tostring(info.name) .. "(" .. table.concat(values, " ") .. ")"
end
local function give(a, b, ...) local sum = a + b return sum, ..., "last" end
local function one(x) local y = x + 1 return y end
debug.sethook(passed, "cr")
give(1, 2, 3, 4)
one(5)
math.max(7, 8)
show("passed")

-- Counts: about as many as the reference's machine has instructions.
local count = 0
debug.sethook(function(event) count = count + 1 end, "", 1)
count = 0
for i = 1, 1000 do end
debug.sethook()
print(count > 1000 and count < 1012)
debug.sethook(function(event) count = count + 1 end, "", 100)
count = 0
for i = 1, 10000 do end
print(count >= 100 and count <= 110, select(2, debug.gethook()))
debug.sethook()

-- A hook can leave by an error, and is off while it runs.
local calls = 0
print(pcall(function()
  debug.sethook(function(event, line)
    calls = calls + 1
    local function inner() return 1 end
    inner()
    debug.sethook()
    error("line " .. (line - debug.getinfo(2, "S").linedefined), 0)
  end, "l")
  local x = 1
end))
print(calls)

-- Each coroutine has its own.
local function co_hook() end
local co = coroutine.create(function() coroutine.yield() end)
debug.sethook(co, co_hook, "crl", 5)
print(debug.gethook())
print(select(2, debug.gethook(co)))
print((debug.gethook(co)) == co_hook)
debug.sethook(co)
print(debug.gethook(co))
debug.sethook(note, "l")
local other = coroutine.create(print)
debug.sethook()
out = {}
print(debug.gethook(other))

-- In a hook.
debug.sethook(function()
  debug.sethook()
  local info = debug.getinfo(1, "nSl")
  print(info.name, info.namewhat, info.what)
  print((debug.traceback("in a hook"):gsub("\n.*main chunk.*", "")))
  print(pcall(coroutine.yield))
end, "l")
local _ = 1

-- Errors.
for _, args in ipairs {{1, "l"}, {print}, {print, {}}, {{}, "l"}, {print, "l", "x"}} do
  print(pcall(debug.sethook, table.unpack(args)))
end
debug.sethook(print, "")
print(debug.gethook())
debug.sethook(print, "xyz", 0)
print(debug.gethook())
debug.sethook(function() end, "lcr", 7)
print(select(2, debug.gethook()))
debug.sethook(nil, "l")
print(debug.gethook())
print(getmetatable(debug.getregistry()._HOOKKEY).__mode)

-- A count that is not positive is kept.
for _, number in ipairs {-8, 0, math.mininteger, 1 << 31} do
  debug.sethook(function() end, "r", number)
  local _, mask, count = debug.gethook()
  debug.sethook()
  print(mask, count)
end
