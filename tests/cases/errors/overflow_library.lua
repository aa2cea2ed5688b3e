--! gc: once
-- Endless recursion through functions of the library alone, or through chunks, where no compiled
-- function looks at how much of the stack is left.
local function is_overflow(ok, message)
  return ok, (tostring(message):match("stack overflow"))
end
local metatable = {}
local object = setmetatable({}, metatable)

local function through_pairs()
  metatable.__pairs = pairs
  return is_overflow(pcall(pairs, object))
end

local function through_own_pairs()
  metatable.__pairs = function(t) return pairs(t) end
  return is_overflow(pcall(pairs, object))
end

local function through_tostring()
  metatable.__tostring = tostring
  return is_overflow(pcall(tostring, object))
end

local function through_length()
  metatable.__len = table.concat
  return is_overflow(pcall(table.concat, object))
end

local function through_pcall()
  metatable.__call = pcall
  return object()
end

local function through_dofile()
  local name = os.tmpname()
  local file = assert(io.open(name, "w"))
  file:write(("dofile(%q)"):format(name))
  file:close()
  local ok, found = is_overflow(pcall(dofile, name))
  os.remove(name)
  return ok, found
end

for index, each in ipairs { through_pairs, through_own_pairs, through_tostring, through_length } do
  print(index, each())
  print(index, coroutine.wrap(each)())
  print(index, coroutine.wrap(function() return coroutine.wrap(each)() end)())
end
print(coroutine.wrap(through_dofile)())
print((through_pcall()))
-- The stack can be used again.
local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
print(down(100000))
