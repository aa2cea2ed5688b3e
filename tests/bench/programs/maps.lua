-- String-keyed maps: insert, look up, delete, traverse with pairs and next, count, group, invert.
--! category: memory
--! args: 50

local n = tonumber(arg[1]) or 80000

local seed = 1
local function random(limit)
  seed = (seed * 16807) % 2147483647
  return seed % limit
end

local function size_of(map)
  local count = 0
  for _ in pairs(map) do count = count + 1 end
  return count
end

-- A map that remembers the order of insertion.
local OrderedMap = {}
OrderedMap.__index = OrderedMap
function OrderedMap.new() return setmetatable({ keys = {}, values = {}, count = 0 }, OrderedMap) end
function OrderedMap:set(key, value)
  if self.values[key] == nil then
    self.count = self.count + 1
    self.keys[self.count] = key
  end
  self.values[key] = value
end
function OrderedMap:get(key) return self.values[key] end
function OrderedMap:each()
  local i = 0
  return function()
    i = i + 1
    local key = self.keys[i]
    if key ~= nil then return key, self.values[key] end
  end
end

-- Inserts and counts.
local keys = {}
for i = 1, n do keys[i] = "key" .. i * 7 % (n * 2) end
local map = {}
for i = 1, n do
  local key = keys[i]
  map[key] = (map[key] or 0) + i
end
print("inserted", size_of(map))

local hits, misses = 0, 0
for round = 1, 3 do
  for i = 1, n do
    if map[keys[i]] then hits = hits + 1 end
    if map["none" .. i % 100] then misses = misses + 1 end
  end
end
print("hits", hits, misses)

-- Deletes while traversing, then fills again.
local deleted = 0
for key, value in pairs(map) do
  if value % 3 == 0 then
    map[key] = nil
    deleted = deleted + 1
  end
end
for i = 1, n, 2 do map["new" .. i] = i end
print("deleted", deleted, "now", size_of(map))

-- next by hand, as a queue of work.
local sum, taken = 0, 0
while true do
  local key, value = next(map)
  if key == nil or taken == 2000 then break end
  map[key] = nil
  sum, taken = sum + value % 2, taken + 1
end
print("taken", taken, "left", size_of(map))

-- Groups: a map of lists, and its inverse.
local groups = {}
for i = 1, n do
  local word = "g" .. random(200)
  local group = groups[word]
  if not group then
    group = {}
    groups[word] = group
  end
  group[#group + 1] = i
end
local names = {}
for name in pairs(groups) do names[#names + 1] = name end
table.sort(names)
local largest, widest = 0, nil
for _, name in ipairs(names) do
  if #groups[name] > largest then largest, widest = #groups[name], name end
end
print("groups", #names, widest, largest)
local inverse = {}
for name, group in pairs(groups) do
  for _, i in ipairs(group) do inverse[i] = name end
end
print("inverse", #inverse, inverse[1], inverse[n])

-- Small records with the same keys, copied and compared.
local function copy(record)
  local out = {}
  for k, v in pairs(record) do out[k] = v end
  return out
end
local function equal(a, b)
  for k, v in pairs(a) do if b[k] ~= v then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end
local same = 0
local original = { name = "n", size = 3, colour = "red", weight = 1.5, tag = false }
for i = 1, math.floor(n / 4) do
  local other = copy(original)
  if i % 5 == 0 then other.size = i end
  if equal(original, other) then same = same + 1 end
end
print("same", same)

-- Sets with string keys.
local a, b = {}, {}
for i = 1, n do
  a["s" .. random(5000)] = true
  b["s" .. random(5000)] = true
end
local both, either = {}, {}
for key in pairs(a) do
  either[key] = true
  if b[key] then both[key] = true end
end
for key in pairs(b) do either[key] = true end
print("sets", size_of(a) + size_of(b) == size_of(both) + size_of(either), size_of(either))

local ordered = OrderedMap.new()
for i = 1, n do ordered:set("o" .. random(3000), i) end
local order_sum, position = 0, 0
for key, value in ordered:each() do
  position = position + 1
  order_sum = (order_sum + position * value) % 1000003
end
print("ordered", ordered.count, order_sum)
