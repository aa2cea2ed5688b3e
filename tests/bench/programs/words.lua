-- Text: a tokenizer by patterns, word counts, search and replacement, lines and fields.
--! category: strings
--! args: 10

local n = tonumber(arg[1]) or 15000

-- The text: sentences from a fixed list of words.
local vocabulary = {
  "time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world",
  "school", "state", "family", "student", "group", "country", "problem", "hand", "part", "place",
  "case", "week", "company", "system", "program", "question", "work", "government", "number",
  "night", "point", "home", "water", "room", "mother", "area", "money", "story", "fact", "month",
}
local seed = 42
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit + 1
end

local function sentence()
  local words = {}
  for i = 1, 5 + random(8) do words[i] = vocabulary[random(#vocabulary)] end
  words[1] = words[1]:gsub("^%l", string.upper)
  if random(3) == 1 then words[3] = words[3] .. "," end
  if random(4) == 1 then words[2] = tostring(random(1000)) end
  return table.concat(words, " ") .. (random(5) == 1 and "?" or ".")
end

local lines = {}
for i = 1, n do lines[i] = sentence() .. "  " .. sentence() end
local text = table.concat(lines, "\n") .. "\n"
print(string.format("%d bytes", #text))

-- Word counts, most frequent first.
local counts, order = {}, {}
for found in text:gmatch("%a+") do
  local word = found:lower()
  if counts[word] then
    counts[word] = counts[word] + 1
  else
    counts[word] = 1
    order[#order + 1] = word
  end
end
table.sort(order, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)
for i = 1, 3 do print(order[i], counts[order[i]]) end

-- Longest lines, and fields split by a plain search.
local function split(line, separator)
  local fields, start = {}, 1
  while true do
    local from, to = line:find(separator, start, true)
    if not from then break end
    fields[#fields + 1] = line:sub(start, from - 1)
    start = to + 1
  end
  fields[#fields + 1] = line:sub(start)
  return fields
end
local field_count, longest = 0, ""
for line in text:gmatch("([^\n]*)\n") do
  local fields = split(line, " ")
  field_count = field_count + #fields
  if #line > #longest then longest = line end
end
print("fields", field_count, #longest)

-- Replacements: by string, by function, by table.
local swapped, changes = text:gsub("(%a+) (%a+)", "%2 %1")
local doubled, numbers = swapped:gsub("%d+", function(digits) return string.format("%d", digits * 2) end)
local replaced, found = doubled:gsub("%a+", { time = "TIME", year = "YEAR", water = "H2O" })
print("replaced", changes, numbers, found, #replaced)
local trimmed = 0
for i = 1, n do
  trimmed = trimmed + #(("   " .. lines[i] .. " \t "):match("^%s*(.-)%s*$"))
end
print("trimmed", trimmed)

-- A tokenizer for a small language.
local source = string.rep([[
local total = 0
for i = 1, #items do -- every item
  if items[i].price >= 10.5 then total = total + items[i].price * 0x1F end
  print("item: " .. items[i].name, 'x', total)
end
]], math.floor(n / 8) + 1)

local keywords = { ["local"] = true, ["for"] = true, ["do"] = true, ["if"] = true, ["then"] = true, ["end"] = true }

local function tokenize(source)
  local kinds, position = {}, 1
  local function add(kind) kinds[kind] = (kinds[kind] or 0) + 1 end
  while true do
    position = source:find("%S", position)
    if not position then return kinds end
    local c = source:sub(position, position)
    local from, to
    if c:find("[%a_]") then
      from, to = source:find("^[%w_]+", position)
      add(keywords[source:sub(from, to)] and "keyword" or "name")
    elseif c:find("%d") then
      from, to = source:find("^0x%x+", position)
      if not from then from, to = source:find("^%d+%.?%d*", position) end
      add("number")
    elseif c == "\"" or c == "'" then
      from, to = source:find("^" .. c .. "[^" .. c .. "]*" .. c, position)
      add("string")
    elseif source:match("^%-%-", position) then
      from, to = source:find("^[^\n]*", position)
      add("comment")
    else
      from, to = source:find("^[<>=~]=", position)
      if not from then from, to = source:find("^%.%.", position) end
      if not from then from, to = position, position end
      add("symbol")
    end
    position = to + 1
  end
end

local kinds = tokenize(source)
print(kinds.keyword, kinds.name, kinds.number, kinds.string, kinds.comment, kinds.symbol)
