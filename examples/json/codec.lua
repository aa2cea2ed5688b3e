-- JSON to Lua values and back. Arrays and objects become tables, which remember what they were.
local codec = {}

-- `null` is a value of its own, as nil cannot be in a table.
codec.null = setmetatable({}, { __name = "json.null", __tostring = function() return "null" end })

local Array, Object = { __name = "json.array" }, { __name = "json.object" }

function codec.is_array(value)
  return getmetatable(value) == Array
end

-- Decoding: each function takes the text and a position, and returns a value and the position
-- behind it.

local function fail(message, position)
  error({ message = message, position = position })
end

local function skip_space(text, position)
  return text:find("[^ \t\r\n]", position) or #text + 1
end

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\",
  ["/"] = "/" }

local function decode_string(text, position)
  local parts, from = {}, position + 1
  while true do
    local stop = text:find('["\\\\]', from)
    if not stop then fail("unfinished string", position) end
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:byte(stop) == 34 then return table.concat(parts), stop + 1 end
    local letter = text:sub(stop + 1, stop + 1)
    if letter == "u" then
      local digits = text:match("^%x%x%x%x", stop + 2)
      if not digits then fail("wrong \\u escape", stop) end
      local code, length = tonumber(digits, 16), 6
      -- A pair of surrogates is one character.
      local low = text:match("^\\u([dD][c-fC-F]%x%x)", stop + 6)
      if code >= 0xD800 and code < 0xDC00 and low then
        code = 0x10000 + (code - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00
        length = 12
      end
      parts[#parts + 1] = utf8.char(code)
      from = stop + length
    else
      parts[#parts + 1] = escapes[letter] or fail("wrong escape", stop)
      from = stop + 2
    end
  end
end

local decode_value

local function decode_array(text, position)
  local array = setmetatable({}, Array)
  position = skip_space(text, position + 1)
  if text:sub(position, position) == "]" then return array, position + 1 end
  while true do
    array[#array + 1], position = decode_value(text, position)
    position = skip_space(text, position)
    local mark = text:sub(position, position)
    if mark == "]" then return array, position + 1 end
    if mark ~= "," then fail("',' or ']' expected", position) end
    position = position + 1
  end
end

local function decode_object(text, position)
  local object = setmetatable({}, Object)
  position = skip_space(text, position + 1)
  if text:sub(position, position) == "}" then return object, position + 1 end
  while true do
    position = skip_space(text, position)
    if text:sub(position, position) ~= '"' then fail("a key expected", position) end
    local key
    key, position = decode_string(text, position)
    position = skip_space(text, position)
    if text:sub(position, position) ~= ":" then fail("':' expected", position) end
    object[key], position = decode_value(text, position + 1)
    position = skip_space(text, position)
    local mark = text:sub(position, position)
    if mark == "}" then return object, position + 1 end
    if mark ~= "," then fail("',' or '}' expected", position) end
    position = position + 1
  end
end

local words = { ["true"] = true, ["false"] = false, null = codec.null }

function decode_value(text, position)
  position = skip_space(text, position)
  local first = text:sub(position, position)
  if first == "{" then return decode_object(text, position) end
  if first == "[" then return decode_array(text, position) end
  if first == '"' then return decode_string(text, position) end
  local number = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", position)
  if number and tonumber(number) then return tonumber(number), position + #number end
  local word = text:match("^%a+", position)
  if word and words[word] ~= nil then return words[word], position + #word end
  return fail("a value expected", position)
end

-- Raises a table with `message` and `position`.
function codec.decode(text)
  local value, position = decode_value(text, 1)
  position = skip_space(text, position)
  if position <= #text then fail("nothing more expected", position) end
  return value
end

-- Encoding.

local function quote(text)
  text = text:gsub('[%c"\\]', function(char)
    for letter, meant in pairs(escapes) do
      if meant == char and letter ~= "/" then return "\\" .. letter end
    end
    return ("\\u%04x"):format(char:byte())
  end)
  return '"' .. text .. '"'
end

local function encode(value, indent, out)
  local inner = indent .. "  "
  if type(value) == "string" then
    out[#out + 1] = quote(value)
  elseif type(value) ~= "table" or value == codec.null then
    out[#out + 1] = tostring(value)
  elseif codec.is_array(value) then
    for index, item in ipairs(value) do
      out[#out + 1] = (index == 1 and "[\n" or ",\n") .. inner
      encode(item, inner, out)
    end
    out[#out + 1] = #value == 0 and "[]" or "\n" .. indent .. "]"
  else
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys)
    for index, key in ipairs(keys) do
      out[#out + 1] = (index == 1 and "{\n" or ",\n") .. inner .. quote(key) .. ": "
      encode(value[key], inner, out)
    end
    out[#out + 1] = #keys == 0 and "{}" or "\n" .. indent .. "}"
  end
end

-- Two spaces for each level; keys in order.
function codec.encode(value)
  local out = {}
  encode(value, "", out)
  return table.concat(out)
end

return codec
