-- Pretty-prints JSON from the standard input, or the value at a path in it:
--
--     echo '{"a": [1, {"b": true}]}' | ./jsonq a 2 b
--
-- The module is examples/json/codec.lua; building finds it on the search path, as Lua would:
--
--     LUA_PATH='examples/?.lua;;' perilune build examples/jsonq.lua -o jsonq
local codec = require("json.codec")

local function fail(message)
  io.stderr:write("jsonq: ", message, "\n")
  os.exit(1)
end

local ok, value = pcall(codec.decode, io.read("a"))
if not ok then fail(value.message .. " at byte " .. value.position) end

for _, key in ipairs(arg) do
  if type(value) ~= "table" or value == codec.null then fail("nothing at '" .. key .. "'") end
  if codec.is_array(value) then key = math.tointeger(tonumber(key)) end
  value = key and value[key]
  if value == nil then fail("no such key") end
end

print(codec.encode(value))
