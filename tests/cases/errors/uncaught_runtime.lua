-- A run-time error in a nested call, uncaught: where, through whom, and from the main chunk.
local function inner(list)
  local sum = 0
  for i, item in ipairs(list) do
    sum = sum + item.value
  end
  return sum
end
local object = {}
function object:method(list)
  local result = inner(list)
  return result
end
local ok = pcall(object.method, object, {})
print(ok)
local result = object:method { { value = 1 }, {} }
print(result)
