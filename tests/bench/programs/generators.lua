-- Coroutines: pipelines of generators, permutations, tree walks, and a scheduler in turns.
--! category: control
--! args: 4 0.1

local n = tonumber(arg[1]) or 9
local scale = tonumber(arg[2]) or 9

local yield = coroutine.yield

-- Pipelines.
local function numbers(limit)
  return coroutine.wrap(function()
    for i = 1, limit do yield(i) end
  end)
end

local function filter(p, source)
  return coroutine.wrap(function()
    for v in source do
      if p(v) then yield(v) end
    end
  end)
end

local function map(f, source)
  return coroutine.wrap(function()
    for v in source do yield(f(v)) end
  end)
end

local function take(count, source)
  return coroutine.wrap(function()
    for _ = 1, count do
      local v = source()
      if v == nil then return end
      yield(v)
    end
  end)
end

-- Primes, a filter for each one found.
local function primes(count)
  local source = coroutine.wrap(function()
    local i = 2
    while true do
      yield(i)
      i = i + 1
    end
  end)
  local found = {}
  for i = 1, count do
    local prime = source()
    found[i] = prime
    source = filter(function(v) return v % prime ~= 0 end, source)
  end
  return found
end

-- All permutations of a list.
local function permute(list, count)
  if count <= 1 then
    yield(list)
  else
    for i = 1, count do
      list[count], list[i] = list[i], list[count]
      permute(list, count - 1)
      list[count], list[i] = list[i], list[count]
    end
  end
end

local function permutations(list)
  local co = coroutine.create(function() permute(list, #list) end)
  return function()
    local ok, result = coroutine.resume(co)
    assert(ok, result)
    return result
  end
end

-- Walks a tree, and compares the fringes of two trees without building lists.
local function grow(low, high)
  if low > high then return nil end
  local middle = math.floor((low + high) / 2)
  return { key = middle, left = grow(low, middle - 1), right = grow(middle + 1, high) }
end

local function skew(low, high)
  local node
  for i = low, high do node = { key = i, left = node } end
  return node
end

local function walk(node)
  if node then
    walk(node.left)
    yield(node.key)
    walk(node.right)
  end
end

local function fringe(tree) return coroutine.wrap(function() walk(tree) end) end

local function same_fringe(a, b)
  local next_a, next_b = fringe(a), fringe(b)
  while true do
    local x, y = next_a(), next_b()
    if x ~= y then return false end
    if x == nil then return true end
  end
end

-- Tasks in turns, talking through a channel.
local Scheduler = {}
Scheduler.__index = Scheduler
function Scheduler.new() return setmetatable({ tasks = {}, turns = 0 }, Scheduler) end
function Scheduler:spawn(f, ...)
  local co = coroutine.create(f)
  assert(coroutine.resume(co, ...))
  table.insert(self.tasks, co)
end
function Scheduler:run()
  while #self.tasks > 0 do
    for i = #self.tasks, 1, -1 do
      local task = self.tasks[i]
      if coroutine.status(task) == "dead" then
        table.remove(self.tasks, i)
      else
        self.turns = self.turns + 1
        assert(coroutine.resume(task))
      end
    end
  end
end

local total = 0
local source = filter(function(v) return v % 3 == 0 end, map(function(v) return v * v + 2 end, map(function(v) return v * 2 end, numbers(scale * 4000))))
for v in source do total = total + v end
print(string.format("filtered %d", total))
local taken = 0
for v in take(scale * 2000, map(function(v) return v % 10 end, numbers(scale * 3000))) do taken = taken + v end
print("taken", taken)
local found = primes(math.min(n * 9, 80))
print("primes", #found, found[#found])

local list = {}
for i = 1, n do list[i] = i end
local count, checksum = 0, 0
for order in permutations(list) do
  count = count + 1
  checksum = (checksum * 7 + order[1] * 10 + order[n]) % 1000003
end
print("permutations", count, checksum)

local size = n * 20 * scale
local a, b = grow(1, size), skew(1, size)
local equal = 0
for _ = 1, n do
  if same_fringe(a, b) then equal = equal + 1 end
end
print("fringes", equal, same_fringe(a, grow(1, size + 1)))

local scheduler, channel, received = Scheduler.new(), {}, 0
for id = 1, 10 do
  scheduler:spawn(function(first)
    for i = first, first + scale * 150 do
      channel[#channel + 1] = i
      yield()
    end
  end, id)
end
scheduler:spawn(function()
  local idle = 0
  while idle < 3 do
    if #channel == 0 then idle = idle + 1 else idle = 0 end
    while #channel > 0 do received = received + table.remove(channel) end
    yield()
  end
end)
scheduler:run()
print("turns", scheduler.turns, received)
