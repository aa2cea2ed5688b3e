-- Primes: the sieve of Eratosthenes with booleans, sums over them, and smallest factors.
--! category: numbers
--! args: 1000

local n = tonumber(arg[1]) or 2500000

local function sieve(n)
  local prime = {}
  for i = 1, n do prime[i] = true end
  prime[1] = false
  local i = 2
  while i * i <= n do
    if prime[i] then
      for k = i * i, n, i do prime[k] = false end
    end
    i = i + 1
  end
  return prime
end

local function primes_in(prime)
  local list = {}
  for i, is_prime in ipairs(prime) do
    if is_prime then list[#list + 1] = i end
  end
  return list
end

-- The smallest prime factor of every number, by a linear sieve.
local function smallest_factors(n)
  local factor, primes = {}, {}
  for i = 1, n do factor[i] = 0 end
  for i = 2, n do
    if factor[i] == 0 then
      factor[i] = i
      table.insert(primes, i)
    end
    for j = 1, #primes do
      local p = primes[j]
      if p > factor[i] or p * i > n then break end
      factor[p * i] = p
    end
  end
  return factor, primes
end

local function factors(x, factor)
  local list = {}
  while x > 1 do
    list[#list + 1] = factor[x]
    x = math.floor(x / factor[x])
  end
  return list
end

local prime = sieve(n)
local list = primes_in(prime)
local sum, twins = 0, 0
for k = 1, #list do
  sum = sum + list[k]
  if prime[list[k] + 2] then twins = twins + 1 end
end
print(string.format("%d primes up to %d, the last %d, sum %d, %d twins", #list, n, list[#list], sum, twins))

local half = math.floor(n / 4)
local factor, primes = smallest_factors(half)
assert(primes[#primes] <= half)
local most, what = 0, 0
for x = 2, half, 7 do
  local found = #factors(x, factor)
  if found > most then most, what = found, x end
end
print(string.format("%d has %d factors: %s", what, most, table.concat(factors(what, factor), "*")))
