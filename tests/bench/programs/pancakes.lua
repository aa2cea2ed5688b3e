-- Pancake flips: over all permutations, the largest number of flips that bring 1 to the front.
--! category: numbers
--! args: 5

local n = tonumber(arg[1]) or 9

local function flips_of(order, scratch, n)
  for i = 1, n do scratch[i] = order[i] end
  local flips = 0
  local first = scratch[1]
  while first ~= 1 do
    local i, j = 1, first
    while i < j do
      scratch[i], scratch[j] = scratch[j], scratch[i]
      i, j = i + 1, j - 1
    end
    flips = flips + 1
    first = scratch[1]
  end
  return flips
end

-- Visits the permutations by rotating longer and longer prefixes.
local function search(n)
  local order, count, scratch = {}, {}, {}
  for i = 1, n do order[i] = i end
  local most, checksum, even, r = 0, 0, true, n
  while true do
    while r > 1 do
      count[r] = r
      r = r - 1
    end
    local flips = flips_of(order, scratch, n)
    if flips > most then most = flips end
    checksum = even and checksum + flips or checksum - flips
    even = not even
    while true do
      r = r + 1
      if r > n then return checksum, most end
      local first = order[1]
      for i = 1, r - 1 do order[i] = order[i + 1] end
      order[r] = first
      count[r] = count[r] - 1
      if count[r] > 0 then
        r = r - 1
        break
      end
    end
  end
end

local checksum, most = search(n)
print(string.format("checksum %d", checksum))
print(string.format("pancakes(%d) = %d", n, most))

-- The same count by sorting: how many flips does the simple pancake sort take over all rotations?
local function flip(stack, k)
  local i = 1
  while i < k do
    local t = stack[i]
    stack[i] = stack[k]
    stack[k] = t
    i = i + 1
    k = k - 1
  end
end

local function pancake_sort(stack)
  local flips = 0
  for size = #stack, 2, -1 do
    local max = 1
    for i = 2, size do
      if stack[i] > stack[max] then max = i end
    end
    if max ~= size then
      if max > 1 then
        flip(stack, max)
        flips = flips + 1
      end
      flip(stack, size)
      flips = flips + 1
    end
  end
  return flips
end

local total = 0
for rotation = 0, n * n * 60 do
  local stack = {}
  for i = 1, n * 4 do stack[i] = (i * 7 + rotation * rotation) % 41 end
  total = total + pancake_sort(stack)
  for i = 2, #stack do assert(stack[i - 1] <= stack[i]) end
end
print(string.format("sorted in %d flips", total))
