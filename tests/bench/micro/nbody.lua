-- Float fields of a few tables: five bodies under gravity.
local function body(x, y, z, vx, vy, vz, mass)
  return { x = x, y = y, z = z, vx = vx, vy = vy, vz = vz, mass = mass }
end
local sun = 4 * math.pi ^ 2
local bodies = {
  body(0, 0, 0, 0, 0, 0, sun),
  body(4.84143144, -1.16032004, -0.10362204, 0.60632639, 2.81198684, -0.02521836, 0.00095479 * sun),
  body(8.34336672, 4.12479857, -0.40352342, -1.01077434, 1.82566237, 0.00841576, 0.00028588 * sun),
  body(12.89436956, -15.11115140, -0.22330758, 1.08279101, 0.86871302, -0.01083264, 0.00004366 * sun),
  body(15.37969711, -25.91931461, 0.17925877, 0.97909073, 0.59469900, -0.03475596, 0.00005151 * sun),
}
local function advance(list, count, dt)
  for i = 1, count do
    local a = list[i]
    local ax, ay, az, amass = a.x, a.y, a.z, a.mass
    local vx, vy, vz = a.vx, a.vy, a.vz
    for j = i + 1, count do
      local b = list[j]
      local dx, dy, dz = ax - b.x, ay - b.y, az - b.z
      local square = dx * dx + dy * dy + dz * dz
      local pull = dt / (square * square ^ 0.5)
      vx, vy, vz = vx - dx * b.mass * pull, vy - dy * b.mass * pull, vz - dz * b.mass * pull
      b.vx, b.vy, b.vz = b.vx + dx * amass * pull, b.vy + dy * amass * pull, b.vz + dz * amass * pull
    end
    a.vx, a.vy, a.vz = vx, vy, vz
    a.x, a.y, a.z = ax + dt * vx, ay + dt * vy, az + dt * vz
  end
end
for i = 1, 500000 do advance(bodies, 5, 0.01) end
for i = 1, 5 do print(string.format("%.9f %.9f %.9f", bodies[i].x, bodies[i].y, bodies[i].z)) end
