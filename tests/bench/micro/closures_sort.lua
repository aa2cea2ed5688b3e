-- Callbacks: a quicksort of our own with a comparison function, and map and filter by closures.
--! luajit: no, it has no `//`
local function quicksort(t, low, high, less)
  while low < high do
    local pivot = t[(low + high) // 2]
    local i, j = low, high
    repeat
      while less(t[i], pivot) do i = i + 1 end
      while less(pivot, t[j]) do j = j - 1 end
      if i <= j then
        t[i], t[j] = t[j], t[i]
        i, j = i + 1, j - 1
      end
    until i > j
    if j - low < high - i then
      quicksort(t, low, j, less)
      low = i
    else
      quicksort(t, i, high, less)
      high = j
    end
  end
end
local function map(t, f) local r = {} for i = 1, #t do r[i] = f(t[i]) end return r end
local function filter(t, f) local r = {} for i = 1, #t do if f(t[i]) then r[#r + 1] = t[i] end end return r end
local seed, sum = 7, 0
for round = 1, 10 do
  local t = {}
  for i = 1, 150000 do
    seed = (seed * 16807) % 2147483647
    t[i] = seed % 100000
  end
  quicksort(t, 1, #t, function(a, b) return a < b end)
  local doubled = map(t, function(x) return x * 2 + round end)
  local odd = filter(doubled, function(x) return x % 3 == 1 end)
  sum = sum + odd[1] + odd[#odd] + #odd
end
print(sum)
