-- Upvalues, metatables, user values, the registry.

local a, b, c = 1, 2, 3
local function f() return a, b end
local function g() a = a + 1 return c, b, a end
print((debug.getupvalue(string.gmatch("x", "x"), 1)))
for _, func in ipairs {f, g, print} do
  for i = 0, 4 do
    local name, value = debug.getupvalue(func, i)
    print(i, name, type(value) == "table" and "table" or type(value) == "number" and value)
  end
end
print(debug.setupvalue(f, 1, "A"), a)
print(debug.setupvalue(f, 2, "B"), b)
print(debug.setupvalue(f, 3, "C"), debug.setupvalue(f, 0, "C"))
a = 10
print(f())
print(debug.upvalueid(f, 1) == debug.upvalueid(g, 1), debug.upvalueid(f, 2) == debug.upvalueid(g, 3))
print(debug.upvalueid(f, 3), debug.upvalueid(f, 0), type(debug.upvalueid(f, 1)))
debug.upvaluejoin(f, 1, g, 2)
print(f())
c = "new c"
print(f())
print(debug.upvalueid(f, 1) == debug.upvalueid(g, 2))

-- Constants of a program are variables for a debugger.
local function counter() local n = 0 return function() return n end, function() return n end end
local one, two = counter()
print(debug.setupvalue(one, 1, 5), one(), two())

-- The environment.
local chunk = load("x = 1 return x")
print((debug.getupvalue(chunk, 1)))
local env = {}
print(debug.setupvalue(chunk, 1, env))
print(chunk(), env.x, x)

for _, args in ipairs {{f, 3, g, 1}, {f, 1, g, 9}, {f, 0, g, 1}, {print, 1, g, 1}, {f, 1, print, 1},
    {{}, 1, g, 1}, {f, "x", g, 1}, {f, 1, 2, 3}} do
  print(pcall(debug.upvaluejoin, table.unpack(args)))
end
for _, name in ipairs {"getupvalue", "setupvalue", "upvalueid"} do
  print(pcall(debug[name]))
  print(pcall(debug[name], 1, 1))
  print(pcall(debug[name], f, {}))
  print(pcall(debug[name], f))
end

print(type(debug.getregistry()), debug.getregistry() == debug.getregistry())

print(debug.getmetatable("").__index == string, debug.getmetatable(1), debug.getmetatable(nil))
local mt = {__index = function(n, k) return n .. k end}
print(debug.setmetatable(10, mt), (5).x, debug.getmetatable(1) == mt)
debug.setmetatable(10, nil)
local hidden = setmetatable({}, {__metatable = "hidden"})
print(getmetatable(hidden), type(debug.getmetatable(hidden)))
print(pcall(debug.setmetatable, {}, 1))
print(pcall(debug.getmetatable))

print(debug.getuservalue(1), debug.getuservalue(io.stdout, 1))
print(debug.setuservalue(io.stdout, 1), debug.setuservalue(io.stdout, 1, 7))
print(pcall(debug.setuservalue, 1, 2))
print(pcall(debug.setuservalue, io.stdout))
print(debug.setcstacklimit(100), pcall(debug.setcstacklimit))
