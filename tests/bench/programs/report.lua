-- A report builder: records become aligned columns, numbers with separators, escaped text and a
-- page assembled by concatenation.
--! category: strings
--! args: 20

local n = tonumber(arg[1]) or 25000

local Report = {}
Report.__index = Report

function Report.new(title)
  return setmetatable({ title = title, lines = {}, columns = {}, total = 0 }, Report)
end

function Report:column(name, width, align)
  self.columns[#self.columns + 1] = { name = name, width = width, align = align or "left" }
  return self
end

local function pad(text, width, align)
  local gap = width - #text
  if gap < 0 then return text:sub(1, width - 1) .. "~" end
  if align == "right" then return string.rep(" ", gap) .. text end
  if align == "centre" then
    local left = math.floor(gap / 2)
    return string.rep(" ", left) .. text .. string.rep(" ", gap - left)
  end
  return text .. string.rep(" ", gap)
end

-- 1234567 as 1,234,567.
local function separated(number)
  local digits = string.format("%d", number)
  local out = ""
  local count = 0
  for i = #digits, 1, -1 do
    local c = digits:sub(i, i)
    if count > 0 and count % 3 == 0 and c ~= "-" then out = "," .. out end
    out = c .. out
    count = count + 1
  end
  return out
end

local function money(cents)
  local sign = ""
  if cents < 0 then
    sign, cents = "-", -cents
  end
  return sign .. separated(math.floor(cents / 100)) .. string.format(".%02d", cents % 100)
end

-- Escapes byte by byte, as for a page.
local names = { [38] = "&amp;", [60] = "&lt;", [62] = "&gt;", [34] = "&quot;" }
local function escape(text)
  local out = {}
  for i = 1, #text do
    local b = text:byte(i)
    out[#out + 1] = names[b] or string.char(b)
  end
  return table.concat(out)
end

local function capitalize(text)
  return text:sub(1, 1):upper() .. text:sub(2):lower()
end

function Report:row(...)
  local cells = { ... }
  local line = "|"
  for i, column in ipairs(self.columns) do
    line = line .. " " .. pad(tostring(cells[i]), column.width, column.align) .. " |"
  end
  self.lines[#self.lines + 1] = line
end

function Report:rule()
  local parts = {}
  for i, column in ipairs(self.columns) do parts[i] = string.rep("-", column.width + 2) end
  self.lines[#self.lines + 1] = "+" .. table.concat(parts, "+") .. "+"
end

function Report:render()
  local head = {}
  for i, column in ipairs(self.columns) do head[i] = pad(column.name, column.width, "centre") end
  local text = "= " .. self.title .. " =\n" .. "| " .. table.concat(head, " | ") .. " |\n"
  return text .. table.concat(self.lines, "\n") .. "\n"
end

local function checksum(text)
  local sum = 0
  for i = 1, #text do sum = (sum * 31 + string.byte(text, i)) % 1000000007 end
  return sum
end

local products = { "bolt <m6>", "nut & washer", "\"gasket\"", "spring", "a very long name of a part" }
local report = Report.new("Stock")
report:column("id", 6, "right"):column("name", 18):column("code", 10, "centre")
report:column("price", 12, "right"):column("share", 8, "right")
report:rule()
local seed, total = 12345, 0
for i = 1, n do
  seed = (seed * 16807) % 2147483647
  local name = capitalize(escape(products[i % #products + 1]))
  local code = string.format("%s-%03x", name:sub(1, 2), seed % 4096)
  local cents = seed % 10000000 - 1000
  total = total + cents
  report:row(i, name, code, money(cents), string.format("%5.2f%%", cents / 100000))
  if i % 50 == 0 then report:rule() end
end
report:rule()
local text = report:render()
print(string.format("%d lines, %d bytes, checksum %d", #report.lines, #text, checksum(text)))
print("total " .. money(total))
print(report.lines[2])
print(report.lines[6])

-- The same lines again, reversed, by pieces.
local reversed = {}
for i = #report.lines, 1, -1 do
  local line = report.lines[i]
  reversed[#reversed + 1] = string.format("%5d: %s;%q", i, line:sub(-20, -3), line:sub(3, 8))
end
print(checksum(table.concat(reversed, "\n")))
