-- Conway's game of life on a small torus: a glider for a few generations.
local WIDTH, HEIGHT, GENERATIONS = 20, 10, 12

local function new_world()
  local world = {}
  for y = 1, HEIGHT do
    world[y] = {}
    for x = 1, WIDTH do world[y][x] = false end
  end
  return world
end

local function neighbours(world, x, y)
  local count = 0
  for dy = -1, 1 do
    local row = world[(y + dy - 1) % HEIGHT + 1]
    for dx = -1, 1 do
      if (dx ~= 0 or dy ~= 0) and row[(x + dx - 1) % WIDTH + 1] then
        count = count + 1
      end
    end
  end
  return count
end

local function step(world)
  local next_world = new_world()
  for y = 1, HEIGHT do
    for x = 1, WIDTH do
      local count = neighbours(world, x, y)
      next_world[y][x] = count == 3 or (world[y][x] and count == 2)
    end
  end
  return next_world
end

local world = new_world()
for _, cell in ipairs({ { 2, 1 }, { 3, 2 }, { 1, 3 }, { 2, 3 }, { 3, 3 } }) do
  world[cell[2]][cell[1]] = true
end
for _ = 1, GENERATIONS do world = step(world) end

for y = 1, HEIGHT do
  local line = ""
  for x = 1, WIDTH do line = line .. (world[y][x] and "#" or ".") end
  print(line)
end
