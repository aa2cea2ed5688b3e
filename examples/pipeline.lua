-- A pipeline of coroutines: numbers, the primes among them, running sums.
local function numbers(limit)
  return coroutine.wrap(function()
    for n = 2, limit do coroutine.yield(n) end
  end)
end

local function primes(source)
  return coroutine.wrap(function()
    local found = {}
    for n in source do
      local prime = true
      for i = 1, #found do
        if n % found[i] == 0 then prime = false; break end
      end
      if prime then
        found[#found + 1] = n
        coroutine.yield(n)
      end
    end
  end)
end

local function sums(source)
  return coroutine.wrap(function()
    local sum = 0
    for n in source do
      sum = sum + n
      coroutine.yield(n, sum)
    end
  end)
end

for prime, sum in sums(primes(numbers(50))) do print(prime, sum) end
