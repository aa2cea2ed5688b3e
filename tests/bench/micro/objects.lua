-- Objects with methods and a class by __index.
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({ x = x, y = y }, Point) end
function Point:add(other) return Point.new(self.x + other.x, self.y + other.y) end
function Point:norm() return self.x * self.x + self.y * self.y end
local p, step, sum = Point.new(0, 0), Point.new(1, 2), 0
for i = 1, 10000000 do
  p = p:add(step)
  sum = sum + p:norm() % 10
end
print(p.x, p.y, sum)
