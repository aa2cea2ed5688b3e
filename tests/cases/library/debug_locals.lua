-- Local variables of running functions: names, values, temporaries, variable arguments, and changes.

local function list(level)
  local i = 1
  while true do
    local name, value = debug.getlocal(level + 1, i)
    if not name then return end
    print(i, name, type(value) == "function" and "function" or tostring(value))
    i = i + 1
  end
end

local function params(a, b, ...)
  local c <const> = a + b
  local d <const> = 7 -- a constant is no variable
  do
    local gone = 1
  end
  local e, f = c * 2
  list(1)
  for i = 1, select("#", ...) + 1 do
    print(-i, debug.getlocal(1, -i))
  end
end
params(1, 2, "x", nil, "z")

print(debug.getlocal(params, 1), debug.getlocal(params, 2), debug.getlocal(params, 3))
print(debug.getlocal(print, 1), debug.getlocal(list, 0), debug.getlocal(list, -1))

-- State of loops, captured variables.
for i = 1, 2 do
  for k, v in next, {10} do
    local function up() return i, k, v end
    local n = 1
    while true do
      local name, value = debug.getlocal(1, n)
      if not name then break end
      if n > 2 then print(n, name, type(value)) end
      n = n + 1
    end
    debug.setlocal(1, n - 1, "set")
  end
end

-- Changes reach the function, through cells, too.
local function change(n, value)
  return debug.setlocal(2, n, value)
end
local function changed(a, b)
  local c = "c"
  local function reader() return c end
  print(change(1, "A"), change(2, "B"), change(3, "C"), change(4, reader), change(9, 0))
  print(a, b, c, reader())
end
changed(1, 2)

-- What an expression waits with.
local function ten()
  print(debug.getlocal(2, 3))
  print(debug.getlocal(2, 4))
  print(debug.setlocal(2, 3, 100))
  return 10
end
local function waits(a, b)
  return (a + 1) + ten()
end
print(waits(1, 2))

local function vary(...)
  local function set(n, v) return debug.setlocal(2, n, v) end
  print(set(-1, "first"), set(-2, "second"), set(-3, "none"))
  return ...
end
print(vary(1, 2))

-- Arguments of library functions.
print(debug.getlocal(0, 1), debug.getlocal(0, 2), debug.getlocal(0, 3))
local t = setmetatable({}, {__index = function(t, k)
  return (debug.getlocal(2, 1))
end})
print(t.x ~= nil)

-- Suspended coroutines.
local co = coroutine.create(function(x)
  local a = x
  a = a .. coroutine.yield(a)
  return a, x
end)
print(coroutine.resume(co, "v"))
print(debug.getlocal(co, 1, 1), debug.getlocal(co, 1, 2))
print(debug.getlocal(co, 1, 3))
print(debug.setlocal(co, 1, 1, "changed"), debug.setlocal(co, 1, 2, "local"))
print(coroutine.resume(co, "!"))
print(pcall(debug.getlocal, co, 1, 1))

-- Errors.
for _, args in ipairs {{100, 1}, {-1, 1}, {1}, {"x", 1}, {1, {}}} do
  print(pcall(debug.getlocal, table.unpack(args)))
  print(pcall(debug.setlocal, table.unpack(args)))
end
print(pcall(debug.setlocal, 1, 1))

-- Code that is loaded has its variables, too.
load([[local p, q = 1, 2
print(debug.getlocal(1, 1)) print(debug.getlocal(1, 2)) print((debug.getlocal(1, 3)))]])()
