-- Power iteration on a matrix that is a function: the largest eigenvalue of A'A, and the same by
-- rows kept in tables.
--! category: numbers
--! args: 20

local n = tonumber(arg[1]) or 380

function entry(i, j)
  local k = i + j
  return 1.0 / (k * (k + 1) / 2 + i + 1)
end

local function times(x, y, size)
  for i = 0, size - 1 do
    local sum = 0
    for j = 0, size - 1 do
      sum = sum + x[j] * entry(i, j)
    end
    y[i] = sum
  end
end

local function times_transposed(x, y, size)
  for i = 0, size - 1 do
    local sum = 0
    for j = 0, size - 1 do
      sum = sum + x[j] * entry(j, i)
    end
    y[i] = sum
  end
end

local function step(x, y, scratch, size)
  times(x, scratch, size)
  times_transposed(scratch, y, size)
end

local u, v, scratch = {}, {}, {}
for i = 0, n - 1 do u[i], v[i], scratch[i] = 1, 0, 0 end
for _ = 1, 8 do
  step(u, v, scratch, n)
  step(v, u, scratch, n)
end

local along, square = 0, 0
for i = 0, n - 1 do
  along = along + u[i] * v[i]
  square = square + v[i] * v[i]
end
print(string.format("norm %.9f", math.sqrt(along / square)))

-- The same matrix in rows, as a class.
Matrix = {}
Matrix.__index = Matrix

function Matrix.new(size, f)
  local self = setmetatable({ size = size, rows = {} }, Matrix)
  for i = 1, size do
    local row = {}
    for j = 1, size do row[j] = f(i - 1, j - 1) end
    self.rows[i] = row
  end
  return self
end

function Matrix:get(i, j) return self.rows[i][j] end

function Matrix:transposed()
  return Matrix.new(self.size, function(i, j) return self:get(j + 1, i + 1) end)
end

function Matrix:apply(x)
  local y = {}
  for i = 1, self.size do
    local row, sum = self.rows[i], 0
    for j = 1, #row do sum = sum + row[j] * x[j] end
    y[i] = sum
  end
  return y
end

local function length(x)
  local sum = 0
  for _, value in ipairs(x) do sum = sum + value * value end
  return sum ^ 0.5
end

local a = Matrix.new(n, entry)
local at = a:transposed()
local x = {}
for i = 1, n do x[i] = 1 end
local norm = 0
for _ = 1, 40 do
  x = at:apply(a:apply(x))
  norm = length(x)
  for i = 1, #x do x[i] = x[i] / norm end
end
print(string.format("norm %.9f", math.sqrt(norm)))
