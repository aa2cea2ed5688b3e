-- Errors under pcall, and functions of any number of arguments: a validator of records that
-- raises, cleans up, retries and reports.
--! category: calls
--! args: 60

local n = tonumber(arg[1]) or 200000
local unpack = table.unpack or unpack

local function pack(...)
  return { n = select("#", ...), ... }
end

-- Calls f with the rest, and always calls the cleanup.
local function try(f, cleanup, ...)
  local results = pack(pcall(f, ...))
  cleanup()
  if results[1] then
    return unpack(results, 2, results.n)
  end
  return nil, results[2]
end

local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do
    total = total + (select(i, ...))
  end
  return total
end

local function average(...)
  local count = select("#", ...)
  if count == 0 then error("no values", 0) end
  return sum(...) / count
end

local function spread(...)
  local low, high = math.huge, -math.huge
  for _, v in ipairs({ ... }) do
    if v < low then low = v end
    if v > high then high = v end
  end
  return high - low, ...
end

local function check(kind, record)
  if type(record) ~= "table" then
    error({ code = "type", kind = kind })
  elseif record.value < 0 then
    error({ code = "range", kind = kind, value = record.value })
  elseif record.value % 7 == 0 then
    error("unlucky " .. kind, 0)
  end
  return record.value
end

local function load_record(i)
  local record = { value = i % 19 - 3, id = i }
  if i % 23 == 0 then record = false end
  return check(i % 2 == 0 and "even" or "odd", record), record.id
end

local open, closed = 0, 0
local function cleanup()
  closed = closed + 1
end

local codes = { type = 0, range = 0, text = 0, ok = 0 }
local total = 0
for i = 1, n do
  open = open + 1
  local value, problem = try(load_record, cleanup, i)
  if value then
    codes.ok = codes.ok + 1
    total = total + value
  elseif type(problem) == "table" then
    codes[problem.code] = codes[problem.code] + 1
  else
    codes.text = codes.text + 1
  end
  local width, first = spread(i, i % 5, i % 11)
  total = total + sum(i % 3, i % 4, i % 5, first % 2) + width % 10
  local fine, mean = pcall(average, i, i + 2)
  if fine then total = total + mean % 4 end
  if i % 4 == 0 and not pcall(average) then total = total + 1 end
  -- Nested protection: the inner handler adds to the message, the outer one keeps it.
  if i % 3 == 0 then
    local ok, message = pcall(function()
      local inner, text = pcall(error, "inner", 0)
      if not inner then error(text .. " outer", 0) end
    end)
    if not ok and message == "inner outer" then total = total + 1 end
  end
end

local handled = 0
local function handler(message)
  handled = handled + 1
  return "handled: " .. tostring(message)
end
local last
for i = 1, math.floor(n / 4) do
  local _, message = xpcall(check, handler, "late", { value = 14 })
  last = message
end

print(string.format("ok %d type %d range %d text %d", codes.ok, codes.type, codes.range, codes.text))
print(string.format("total %d open %d closed %d", total, open, closed))
print(string.format("handled %d %s", handled, last))
