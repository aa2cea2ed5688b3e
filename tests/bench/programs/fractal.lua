-- An escape-time fractal: the Mandelbrot set as bits and as a histogram, and a Julia set by a
-- small complex-number module.
--! category: numbers
--! args: 24

local size = tonumber(arg[1]) or 420
local limit = 50

local function escape(cr, ci, limit)
  local zr, zi = 0.0, 0.0
  for i = 1, limit do
    local zr2, zi2 = zr * zr, zi * zi
    if zr2 + zi2 > 4.0 then return i end
    zi = 2.0 * zr * zi + ci
    zr = zr2 - zi2 + cr
  end
  return limit + 1
end

local histogram = {}
for i = 1, limit + 1 do histogram[i] = 0 end

local checksum = 0
for y = 0, size - 1 do
  local ci = 2.0 * y / size - 1.0
  local byte, bits = 0, 0
  for x = 0, size - 1 do
    local cr = 3.0 * x / size - 2.0
    local steps = escape(cr, ci, limit)
    histogram[steps] = histogram[steps] + 1
    byte = byte * 2
    if steps > limit then byte = byte + 1 end
    bits = bits + 1
    if bits == 8 or x == size - 1 then
      checksum = (checksum * 31 + byte) % 1000003
      byte, bits = 0, 0
    end
  end
end

-- The Julia set, with complex numbers as pairs of results.
complex = {}
function complex.square(r, i) return r * r - i * i, 2 * r * i end
function complex.add(ar, ai, br, bi) return ar + br, ai + bi end
function complex.norm(r, i) return r * r + i * i end

local function julia(r, i, cr, ci)
  local steps = 0
  while complex.norm(r, i) <= 4 and steps < limit do
    r, i = complex.square(r, i)
    r, i = complex.add(r, i, cr, ci)
    steps = steps + 1
  end
  return steps
end

local depth = 0
local half = size / 2
for y = 0, size - 1 do
  for x = 0, size - 1 do
    depth = depth + julia((x - half) / half * 1.5, (y - half) / half, -0.7, 0.27015)
  end
end

local escaped = 0
for i = 1, limit do escaped = escaped + histogram[i] end
print(string.format("inside %d escaped %d checksum %d", histogram[limit + 1], escaped, checksum))
print(string.format("first %d %d %d %d", histogram[1], histogram[2], histogram[3], histogram[4]))
print(string.format("julia %d", depth))
