-- table.sort: numbers, floats, strings and records, without an order function and with several.
--! category: library
--! gc: once
--! args: 500

local count = tonumber(arg[1]) or 100000
local half = math.floor(count / 2)

-- The same numbers in the same order everywhere.
local state = 1
local function random()
  state = state * 16807 % 2147483647
  return state
end

local function fill(n, make)
  local t = {}
  for i = 1, n do t[i] = make(random() % n, i) end
  return t
end

-- What the order of a list comes to.
local sum = 0
local function note(list, key)
  for i = 1, #list, 7 do
    local value = list[i]
    if key then value = value[key] end
    if type(value) == "string" then value = #value + value:byte(-1) end
    sum = (sum * 31 + value * i) % 1000003
  end
end

local function sorted(list, order, key)
  table.sort(list, order)
  note(list, key)
end

sorted(fill(count, function(x) return x end))
sorted(fill(count, function(x) return x / 4 end))
sorted(fill(count, function(x) return "key" .. x end))
sorted(fill(count, function(x) return x end), function(a, b) return a < b end)
sorted(fill(half, function(x) return "key" .. x end), function(a, b) return a > b end)
sorted(fill(half, function(x, i) return { key = x, id = i } end),
  function(a, b) return a.key < b.key end, "key")
sorted(fill(half, function(x, i) return { key = x % 100, id = i } end),
  function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return a.id < b.id
  end, "id")
local calls = 0
sorted(fill(half, function(x) return x end), function(a, b)
  calls = calls + 1
  return a < b
end)
print(("%d"):format(math.floor(sum)), calls > half)
