-- Functions as values: map, filter, fold, compose, curry, counters, memoizing.
--! category: calls
--! args: 30

local n = tonumber(arg[1]) or 70000
local unpack = table.unpack or unpack

local fun = {}

function fun.range(first, last, step)
  local list = {}
  for i = first, last, step or 1 do list[#list + 1] = i end
  return list
end

function fun.map(f, list)
  local out = {}
  for i, v in ipairs(list) do out[i] = f(v) end
  return out
end

function fun.filter(p, list)
  local out = {}
  for _, v in ipairs(list) do
    if p(v) then out[#out + 1] = v end
  end
  return out
end

function fun.fold(f, start, list)
  local result = start
  for i = 1, #list do result = f(result, list[i]) end
  return result
end

function fun.zip_with(f, a, b)
  local out = {}
  for i = 1, math.min(#a, #b) do out[i] = f(a[i], b[i]) end
  return out
end

function fun.compose(...)
  local functions = { ... }
  return function(x)
    for i = #functions, 1, -1 do x = functions[i](x) end
    return x
  end
end

function fun.curry(f, count)
  local function collect(held)
    return function(x)
      local arguments = {}
      for i = 1, #held do arguments[i] = held[i] end
      arguments[#arguments + 1] = x
      if #arguments == count then return f(unpack(arguments)) end
      return collect(arguments)
    end
  end
  return collect({})
end

function fun.partial(f, a)
  return function(...) return f(a, ...) end
end

function fun.memoize(f)
  local known = {}
  return function(x)
    local value = known[x]
    if value == nil then
      value = f(x)
      known[x] = value
    end
    return value
  end
end

function fun.counter(start)
  local count = start
  return {
    up = function() count = count + 1 return count end,
    down = function() count = count - 1 return count end,
    get = function() return count end,
  }
end

function fun.take_while(p, f)
  local out, i = {}, 1
  while true do
    local v = f(i)
    if not p(v) then return out end
    out[#out + 1] = v
    i = i + 1
  end
end

local function add(a, b) return a + b end
local function square(x) return x * x end
local function is_even(x) return x % 2 == 0 end
local function times(k) return function(x) return x * k end end

local numbers = fun.range(1, n)
local checks = {}
local function note(value) checks[#checks + 1] = string.format("%d", value) end

local total = 0
for round = 1, 12 do
  local squares = fun.map(square, numbers)
  local even = fun.filter(is_even, squares)
  total = (total + fun.fold(add, 0, even)) % 1000000007
  local shifted = fun.map(function(x) return x + round end, numbers)
  total = (total + fun.fold(math.max, 0, fun.zip_with(add, shifted, numbers))) % 1000000007
end
note(total)

local pipeline = fun.compose(times(3), function(x) return x + 1 end, square, times(2))
note(fun.fold(function(sum, x) return (sum + pipeline(x)) % 1000003 end, 0, numbers))

local volume = fun.curry(function(a, b, c) return a * b * c end, 3)
local sum = 0
for i = 1, n do sum = (sum + volume(i % 10)(i % 7)(3)) % 1000003 end
note(sum)

local plus = fun.partial(add, 10)
note(fun.fold(function(s, x) return s + plus(x) end, 0, numbers))

local counter = fun.counter(0)
for i = 1, n * 10 do
  if i % 3 == 0 then counter.down() else counter.up() end
end
note(counter.get())

local slow_calls = 0
local memo = fun.memoize(function(x) slow_calls = slow_calls + 1 return x * x % 97 end)
local memoized = 0
for i = 1, n * 10 do memoized = memoized + memo(i % 100) end
note(memoized)
note(slow_calls)

local small = fun.take_while(function(v) return v < n end, function(i) return i * (i + 1) / 2 end)
note(#small)

local sorted = fun.map(function(x) return x * 7919 % 10007 end, numbers)
table.sort(sorted, function(a, b) return a > b end)
note(sorted[1] * 10 + sorted[#sorted])
print(table.concat(checks, " "))
