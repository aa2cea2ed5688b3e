-- A 3-D vector class with operators, an `__index` function for swizzles, and `__call`: a small ray
-- tracer and a swarm of particles.
--! category: objects
--! args: 4

local n = tonumber(arg[1]) or 220

local Vector = {}
local methods = {}

local function new(x, y, z) return setmetatable({ x = x, y = y, z = z }, Vector) end

setmetatable(methods, { __call = function(_, x, y, z) return new(x or 0, y or 0, z or 0) end })

-- Methods first, then letters: v.zyx is a vector, v.r the first component.
local letters = { x = "x", y = "y", z = "z", r = "x", g = "y", b = "z" }
Vector.__index = function(self, key)
  local method = methods[key]
  if method then return method end
  local letter = letters[key]
  if letter then return rawget(self, letter) end
  if type(key) == "string" and #key == 3 then
    return new(self[letters[key:sub(1, 1)]], self[letters[key:sub(2, 2)]], self[letters[key:sub(3, 3)]])
  end
end

function Vector.__add(a, b) return new(a.x + b.x, a.y + b.y, a.z + b.z) end
function Vector.__sub(a, b) return new(a.x - b.x, a.y - b.y, a.z - b.z) end
function Vector.__mul(a, b)
  if type(a) == "number" then return new(a * b.x, a * b.y, a * b.z) end
  if type(b) == "number" then return new(a.x * b, a.y * b, a.z * b) end
  return a.x * b.x + a.y * b.y + a.z * b.z
end
function Vector.__div(a, s) return new(a.x / s, a.y / s, a.z / s) end
function Vector.__unm(a) return new(-a.x, -a.y, -a.z) end
function Vector.__eq(a, b) return a.x == b.x and a.y == b.y and a.z == b.z end
function Vector.__lt(a, b) return a * a < b * b end
function Vector.__le(a, b) return a * a <= b * b end
function Vector.__concat(a, b) return tostring(a) .. tostring(b) end
function Vector.__tostring(a) return string.format("(%.3f, %.3f, %.3f)", a.x, a.y, a.z) end
-- Calling a vector moves it along another: v(w, t) is v + w * t.
function Vector.__call(a, b, t) return new(a.x + b.x * t, a.y + b.y * t, a.z + b.z * t) end

function methods.length(a) return math.sqrt(a * a) end
function methods.unit(a) return a / a:length() end
function methods.cross(a, b)
  return new(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
end
function methods.reflect(a, normal) return a - normal * (2 * (a * normal)) end

local V = methods

-- Spheres lit from one side.
local Sphere = {}
Sphere.__index = Sphere
function Sphere.new(centre, radius, shine)
  return setmetatable({ centre = centre, radius = radius, shine = shine }, Sphere)
end
function Sphere:hit(origin, direction)
  local offset = origin - self.centre
  local b = offset * direction
  local c = offset * offset - self.radius * self.radius
  local root = b * b - c
  if root < 0 then return nil end
  local t = -b - math.sqrt(root)
  if t > 1e-6 then return t end
end

local scene = {
  Sphere.new(V(0, 0, 5), 1.5, 0.5),
  Sphere.new(V(1.5, 1, 4), 0.7, 0.3),
  Sphere.new(V(-1.5, -0.5, 4), 0.8, 0.2),
  Sphere.new(V(0, -101.5, 5), 100, 0),
}
local light = V(-1, 1.5, -1):unit()

local function trace(origin, direction, depth)
  local nearest, best
  for _, sphere in ipairs(scene) do
    local t = sphere:hit(origin, direction)
    if t and (not best or t < best) then nearest, best = sphere, t end
  end
  if not nearest then return 0.1 + 0.2 * math.max(0, direction.y) end
  local point = origin(direction, best)
  local normal = (point - nearest.centre) / nearest.radius
  local brightness = math.max(0, normal * light)
  for _, sphere in ipairs(scene) do
    if sphere ~= nearest and sphere:hit(point, light) then
      brightness = brightness * 0.3
      break
    end
  end
  if depth > 0 and nearest.shine > 0 then
    local mirrored = trace(point, direction:reflect(normal), depth - 1)
    brightness = brightness * (1 - nearest.shine) + mirrored * nearest.shine
  end
  return brightness
end

local sum, lit = 0, 0
for y = 1, n do
  for x = 1, n do
    local direction = V((x - n / 2) / n * 2, (n / 2 - y) / n * 2, 2):unit()
    local value = trace(V(), direction, 2)
    sum = sum + value
    if value > 0.5 then lit = lit + 1 end
  end
end
print(string.format("brightness %.6f lit %d", sum, lit))

-- Particles that are drawn to the middle and swirl around an axis.
local particles = {}
for i = 1, n do
  particles[i] = { at = V(i % 7 - 3, i % 5 - 2, i % 3 - 1), speed = V(0.01 * i % 1, 0, 0.1) }
end
local axis = V(0, 0, 1)
for step = 1, 60 do
  for _, p in ipairs(particles) do
    local pull = -p.at * 0.02 + axis:cross(p.at) * 0.01
    p.speed = p.speed * 0.98 + pull
    p.at = p.at + p.speed
  end
end
table.sort(particles, function(a, b) return a.at < b.at end)
local middle = V()
for _, p in ipairs(particles) do middle = middle + p.at end
print("middle " .. tostring(middle / #particles))
print(particles[1].at .. particles[#particles].at, middle == middle.xyz, middle.zyx.r == middle.z)
