-- Bouncing balls in a quadtree: each step rebuilds the tree, finds the neighbours of every ball and
-- lets balls bounce off each other and the walls.
--! category: objects
--! args: 40 2

local n = tonumber(arg[1]) or 500
local steps = tonumber(arg[2]) or 200

local Random = { seed = 74755 }
function Random.next()
  Random.seed = (Random.seed * 1309 + 13849) % 65536
  return Random.seed
end

local Ball = {}
Ball.__index = Ball
function Ball.new()
  local self = setmetatable({}, Ball)
  self.x = Random.next() % 1000 + 0.5
  self.y = Random.next() % 1000 + 0.5
  self.dx = Random.next() % 31 / 10 - 1.5
  self.dy = Random.next() % 31 / 10 - 1.5
  self.radius = 3 + Random.next() % 4
  self.hits = 0
  return self
end

function Ball:move()
  self.x = self.x + self.dx
  self.y = self.y + self.dy
  local bounced = false
  if self.x < 0 then self.x, self.dx, bounced = 0, math.abs(self.dx), true end
  if self.x > 1000 then self.x, self.dx, bounced = 1000, -math.abs(self.dx), true end
  if self.y < 0 then self.y, self.dy, bounced = 0, math.abs(self.dy), true end
  if self.y > 1000 then self.y, self.dy, bounced = 1000, -math.abs(self.dy), true end
  return bounced
end

function Ball:touches(other)
  local dx, dy = self.x - other.x, self.y - other.y
  local reach = self.radius + other.radius
  return dx * dx + dy * dy < reach * reach
end

function Ball:collide(other)
  self.dx, other.dx = other.dx, self.dx
  self.dy, other.dy = other.dy, self.dy
  self.hits = self.hits + 1
  other.hits = other.hits + 1
end

local Quadtree = {}
Quadtree.__index = Quadtree
Quadtree.CAPACITY = 6
Quadtree.nodes = 0

function Quadtree.new(x, y, size, depth)
  Quadtree.nodes = Quadtree.nodes + 1
  return setmetatable({ x = x, y = y, size = size, depth = depth, balls = {}, children = nil }, Quadtree)
end

function Quadtree:split()
  local half = self.size / 2
  local depth = self.depth + 1
  self.children = {
    Quadtree.new(self.x, self.y, half, depth),
    Quadtree.new(self.x + half, self.y, half, depth),
    Quadtree.new(self.x, self.y + half, half, depth),
    Quadtree.new(self.x + half, self.y + half, half, depth),
  }
  local balls = self.balls
  self.balls = {}
  for i = 1, #balls do self:insert(balls[i]) end
end

function Quadtree:child_for(ball)
  local half = self.size / 2
  local index = 1
  if ball.x >= self.x + half then index = index + 1 end
  if ball.y >= self.y + half then index = index + 2 end
  return self.children[index]
end

function Quadtree:insert(ball)
  if self.children then
    return self:child_for(ball):insert(ball)
  end
  local balls = self.balls
  balls[#balls + 1] = ball
  if #balls > Quadtree.CAPACITY and self.depth < 8 then self:split() end
end

function Quadtree:query(x, y, reach, found)
  if x + reach < self.x or x - reach > self.x + self.size
    or y + reach < self.y or y - reach > self.y + self.size then
    return found
  end
  if self.children then
    for _, child in ipairs(self.children) do child:query(x, y, reach, found) end
  else
    for _, ball in ipairs(self.balls) do
      if math.abs(ball.x - x) <= reach and math.abs(ball.y - y) <= reach then
        table.insert(found, ball)
      end
    end
  end
  return found
end

local balls = {}
for i = 1, n do balls[i] = Ball.new() end

local bounces, pairs_seen, collisions = 0, 0, 0
for step = 1, steps do
  local tree = Quadtree.new(0, 0, 1000, 0)
  for _, ball in ipairs(balls) do
    if ball:move() then bounces = bounces + 1 end
    tree:insert(ball)
  end
  for _, ball in ipairs(balls) do
    local near = tree:query(ball.x, ball.y, 14, {})
    for i = 1, #near do
      local other = near[i]
      if other ~= ball then
        pairs_seen = pairs_seen + 1
        if ball:touches(other) then
          ball:collide(other)
          collisions = collisions + 1
        end
      end
    end
  end
end

local x, y, hits = 0, 0, 0
for _, ball in ipairs(balls) do
  x, y, hits = x + ball.x, y + ball.y, hits + ball.hits
end
print(string.format("bounces %d pairs %d collisions %d hits %d", bounces, pairs_seen, collisions, hits))
print(string.format("centre %.6f %.6f nodes %d", x / n, y / n, Quadtree.nodes))
