-- 64-bit integers: checksums and generators of random numbers that wrap around and shift.
--! category: numbers
--! args: 200
--! luajit: no, its numbers have no 64-bit integers

local n = tonumber(arg[1]) or 1300000

-- CRC-32 and CRC-64 with a table, over text.
local function make_table(polynomial)
  local entries = {}
  for i = 0, 255 do
    local crc = i
    for _ = 1, 8 do
      if crc & 1 == 1 then
        crc = (crc >> 1) ~ polynomial
      else
        crc = crc >> 1
      end
    end
    entries[i] = crc
  end
  return entries
end

local crc32_table = make_table(0xEDB88320)
local crc64_table = make_table(0xC96C5795D7870F42)

local function crc32(text)
  local crc = 0xFFFFFFFF
  for i = 1, #text do
    crc = (crc >> 8) ~ crc32_table[(crc ~ text:byte(i)) & 0xFF]
  end
  return crc ~ 0xFFFFFFFF
end

local function crc64(text)
  local crc = ~0
  for i = 1, #text do
    crc = (crc >> 8) ~ crc64_table[(crc ~ string.byte(text, i)) & 0xFF]
  end
  return ~crc
end

-- Generators, each an object of its own.
local Xorshift = {}
Xorshift.__index = Xorshift
function Xorshift.new(seed) return setmetatable({ state = seed }, Xorshift) end
function Xorshift:next()
  local x = self.state
  x = x ~ (x << 13)
  x = x ~ (x >> 7)
  x = x ~ (x << 17)
  self.state = x
  return x
end

local Lcg = {}
Lcg.__index = Lcg
function Lcg.new(seed) return setmetatable({ state = seed }, Lcg) end
function Lcg:next()
  self.state = self.state * 6364136223846793005 + 1442695040888963407
  return self.state >> 33
end

local function mix(z)
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return z ~ (z >> 31)
end

local function collatz(n)
  local steps = 0
  while n ~= 1 do
    if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end
    steps = steps + 1
  end
  return steps
end

local function population(x)
  local count = 0
  while x ~= 0 do
    x = x & (x - 1)
    count = count + 1
  end
  return count
end

local function gcd(a, b)
  while b ~= 0 do a, b = b, a % b end
  return a
end

local text = string.rep("The quick brown fox jumps over the lazy dog. ", n // 100)
print(string.format("crc32 %08x", crc32(text)))
print(string.format("crc64 %016x", crc64(text)))

local shift, lcg = Xorshift.new(88172645463325252), Lcg.new(42)
local a, b, bits = 0, 0, 0
for i = 1, n do
  a = a ~ shift:next()
  b = b + lcg:next()
  if i % 8 == 0 then bits = bits + population(a) end
end
print(string.format("xorshift %016x lcg %d bits %d", a, b, bits))

local h = 0
for i = 1, n do h = mix(h + i) end
print(string.format("mix %016x", h))

local longest, start = 0, 0
for i = 1, n // 20 do
  local steps = collatz(i)
  if steps > longest then longest, start = steps, i end
end
print("collatz", longest, start)

local coprime = 0
for i = 1, n // 10 do
  if gcd(i, i * 7919 % 10007 + 1) == 1 then coprime = coprime + 1 end
end
print("coprime", coprime)
