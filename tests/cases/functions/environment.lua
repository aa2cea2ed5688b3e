-- Globals live in _ENV, which can be a local, a parameter or an upvalue.
x = 1
print(x, _G.x, _ENV == _G, _G._G == _G)
do
  local _ENV = { print = print }
  x = 2
  print(x, _ENV.x)
end
print(x)
local function sandbox(_ENV) y = z return y, _ENV.y end
print(sandbox { z = "in sandbox" })
print(y)
local env = setmetatable({}, { __index = _G, __newindex = function(t, k, v) rawset(t, k, v .. "!") end })
local function f()
  local _ENV <const> = env
  greeting = "hello"
  return greeting, tostring(print == _G.print)
end
print(f())
print(greeting)
setmetatable(_G, { __index = function(_, k) return "no " .. k end, __newindex = function(t, k, v) rawset(t, k, { v }) end })
print(undefined_name)
new_global = "boxed"
print(new_global[1])
x = 3
print(x)
setmetatable(_G, nil)
print(undefined_name, rawget(_G, "x"))
_G["name with space"] = 1
print(_G["name with space"])
x = nil
print(x, next({}, nil))
local count = 0
for k in pairs(_G) do if k == "new_global" or k == "x" then count = count + 1 end end
print(count)
do local _ENV = nil; local ok = true end
print(pcall(function() local _ENV = nil; return a end))
