-- An array of booleans: the sieve of Eratosthenes.
local count
for round = 1, 10 do
  local n = 2000000
  local prime = {}
  for i = 2, n do prime[i] = true end
  for i = 2, n do
    if prime[i] then
      for k = i * i, n, i do prime[k] = false end
    end
  end
  count = 0
  for i = 2, n do if prime[i] then count = count + 1 end end
end
print(count)
