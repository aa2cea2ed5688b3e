-- Methods of objects that their class gives a metatable each.
local Ball = {}

function Ball.new(x, y)
  return setmetatable({ x = x, y = y, dx = 3, dy = 5 }, { __index = Ball })
end

function Ball:move()
  self.x, self.y = self.x + self.dx, self.y + self.dy
  if self.x > 500 then self.x, self.dx = 500, -self.dx end
  if self.x < 0 then self.x, self.dx = 0, -self.dx end
  if self.y > 500 then self.y, self.dy = 500, -self.dy end
  if self.y < 0 then self.y, self.dy = 0, -self.dy end
end

local sum = 0
for round = 1, 400 do
  local balls = {}
  for i = 1, 100 do balls[i] = Ball.new(i * 5, round) end
  for _ = 1, 50 do
    for _, ball in ipairs(balls) do ball:move() end
  end
  for _, ball in ipairs(balls) do sum = sum + ball.x - ball.y end
end
print(sum)
