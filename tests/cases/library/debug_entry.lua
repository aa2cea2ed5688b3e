-- What hooks hear where functions are entered and left: lines of variadic functions, no values, tail
-- calls of values with `__call`, captured parameters that a hook reads and sets.

local base = debug.getinfo(1, "l").currentline
local heard = {}
local function note(event, line)
  local info = debug.getinfo(2, "Slnrt")
  if info.what == "C" and info.name ~= "callable" then return end
  heard[#heard + 1] = table.concat({event, line and line - base or "-", info.what,
    info.what == "C" and "-" or info.currentline - base, tostring(info.name),
    tostring(info.istailcall), info.ftransfer, info.ntransfer}, " ")
end
local function listen(f, ...)
  heard = {}
  debug.sethook(note, "crl")
  f(...)
  debug.sethook()
  print(table.concat(heard, "\n"))
  print("--")
end

local function variadic(...)

  local a, b = ...
  return b, a
end
listen(variadic)
listen(variadic, 1, 2)
local function plain()

  return
end
listen(plain)
local callable = setmetatable({}, {__call = rawlen})
local function tail() return callable() end
listen(tail)
local lua_callable = setmetatable({}, {__call = function(self, x) return x end})
local function tail_of_lua(x) return lua_callable(x) end
listen(tail_of_lua, 5)

-- A parameter that is captured is a variable of its own before the function has begun.
local function captured(x, y)
  return function() x = x + 1 return x, y end
end
debug.sethook(function()
  if debug.getinfo(2, "f").func == captured then
    print(debug.getlocal(2, 1))
    print(debug.getlocal(2, 2))
    debug.setlocal(2, 1, 10)
  end
end, "c")
local get = captured(1, 2)
debug.sethook()
print(get())

-- A finalizer that ran meanwhile leaves no line behind that would be heard of again.
local lines = {}
local function run()
  local t = setmetatable({}, {__gc = function() local x = 1 end}) t = nil collectgarbage() local z = 1
  return z
end
debug.sethook(function(_, line) lines[#lines + 1] = line - base end, "l")
run()
debug.sethook()
print(table.concat(lines, " "))
