local ID, LINES = 0, 0

-- A value as text without addresses, and without the sign of a NaN.
local function S(v)
  local kind = math.type(v) or type(v)
  if v ~= v then return "nan" end
  if kind == "float" then return string.format("%.17g", v) .. "f" end
  if kind == "string" then
    v = string.gsub(string.gsub(v, "%-nan", "nan"), "(%a+): 0x%x+", "%1")
    if #v > 120 then v = string.sub(v, 1, 120) .. "#" .. #v end
    return (string.format("%q", v))
  end
  if kind == "integer" or kind == "nil" or kind == "boolean" then return tostring(v) end
  return kind
end

local function P(...)
  LINES = LINES + 1
  if LINES > 150 then error("too many lines", 0) end
  local out = {}
  for i = 1, select("#", ...) do out[i] = S((select(i, ...))) end
  print(ID .. ": " .. table.concat(out, " "))
end

-- Prints a table's own fields in the order of their keys.
local function T(t)
  local keys = {}
  for k in next, t do keys[#keys + 1] = S(k) .. "=" .. S(t[k]) end
  table.sort(keys)
  P("{" .. table.concat(keys, " ") .. "}")
end

-- A number, or a text, without the sign of a NaN and without addresses.
local function N(v)
  if v ~= v then return "nan" end
  if type(v) == "string" then return (string.gsub(string.gsub(v, "%-nan", "nan"), ": 0x%x+", "")) end
  return v
end

-- The number in an object, or that an operand is.
local function V(o)
  if type(o) == "table" then return rawget(o, "v") or 0 end
  return math.tointeger(o) or 1
end

-- Something to be closed.
local function C(name, action)
  return setmetatable({}, {__close = function(_, e)
    P("close", name, e)
    if action then action(e) end
  end})
end

local function run(number, body, ...)
  ID, LINES = number, 0
  ga, gb, gc = nil, number, "g"
  local result = table.pack(pcall(body, ...))
  LINES = 0
  P("done", table.unpack(result, 1, result.n))
end
