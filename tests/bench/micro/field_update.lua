-- Float fields: every object of a thousand is moved, again and again.
local objects = {}
for i = 1, 1000 do objects[i] = { x = i * 0.5, vx = 1.0 / i } end
local dt = 0.01
for step = 1, 20000 do
  for i = 1, #objects do
    local o = objects[i]
    o.x = o.x + o.vx * dt
  end
end
local sum = 0
for i = 1, #objects do sum = sum + objects[i].x end
print(string.format("%.6f", sum))
