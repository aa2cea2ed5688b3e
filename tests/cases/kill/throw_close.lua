-- What __close handlers are told and in which order, when an error passes; a handler's own error
-- takes the place of the one before it, and each handler still runs.
local function closing(name, action)
  return setmetatable({}, { __close = function(_, e)
    print("close", name, e)
    if action then action(e) end
  end })
end
local function raise(value) return function() error(value, 0) end end

print(pcall(function()
  local a <close> = closing "a"
  local b <close> = closing("b", raise "from b")
  local c <close> = closing "c"
  local d <close> = closing("d", raise "from d")
  error("body", 0)
end))
print(pcall(function()
  local a <close> = closing "a"
  local b <close> = closing("b", raise "from b, after a normal end")
  return "lost"
end))
print(pcall(function()
  local a <close> = closing "a"
  local n <close> = nil
  local f <close> = false
  return "nil and false need no handler"
end))
print(pcall(function()
  local a <close> = closing "a"
  local x <close> = 42
end))
print(pcall(function()
  local a <close> = closing "a"
  local x <close> = {}
end))
-- An inner pcall in a handler keeps the outer error on its way.
print(pcall(function()
  local a <close> = closing("a", function() print("inner", pcall(error, "inner", 0)) end)
  error("outer", 0)
end))
-- Handlers between frames.
local function f(n)
  local g <close> = closing("f" .. n)
  if n == 0 then error("bottom", 0) end
  f(n - 1)
end
print(pcall(f, 3))
-- A to-be-closed variable in a loop body closes at each turn.
for i = 1, 3 do
  local v <close> = closing("turn " .. i)
  if i == 2 then goto continue end
  print("body", i)
  ::continue::
end
-- The value of the variable is kept, the variable itself is constant.
do
  local t = {}
  local u <close> = setmetatable(t, { __close = function(v) print("same", v ~= nil, t) end })
  t = nil
end
