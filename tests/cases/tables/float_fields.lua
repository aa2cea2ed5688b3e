-- Runs of accesses to fields of the same tables, with floats: what compiled code does twice, once
-- for the usual case and once for all others, which take over in the middle.
local log = {}
local function note(...) log[#log + 1] = table.concat({ ... }, " ") end

local function move(o, dt)
  o.x = o.x + o.vx * dt
  o.y = o.y - o.vy * dt / 2
  local e = -o.x * 0.5 + o.y
  o.n = o.n + 1
  return e, o.x * o.x + o.y
end
local function show(...)
  local list = table.pack(...)
  for i = 1, list.n do
    local v = list[i]
    list[i] = math.type(v) == "float" and string.format("%.17g", v) or tostring(v)
  end
  print(table.concat(list, " "))
end
local function new() return { x = 1.5, vx = 2.0, y = -3.25, vy = 0.75, n = 0 } end

-- The usual case; then, for the same code: integers, mixed numbers, strings that are numbers.
for _ = 1, 3 do local o = new() show(move(o, 0.1)) show(o.x, o.y, o.n) end
for _, o in ipairs {
  { x = 1, vx = 2, y = 3, vy = 4, n = 5 }, { x = 1, vx = 2.5, y = 3, vy = 4, n = 5.5 },
  { x = "1", vx = 2.5, y = "0x10", vy = 4, n = "7" }, { n = 0, vy = 0.75, y = -3.25, vx = 2.0, x = 1.5 },
  { x = math.maxinteger, vx = 1, y = math.mininteger, vy = 1, n = math.maxinteger },
  { x = 0 / 0, vx = 1 / 0, y = -0.0, vy = 0.0, n = -0.0 },
} do
  show(move(o, 1)) show(o.x, o.y, o.n)
  show(move(o, 0.5)) show(o.x, o.y, o.n)
end

-- Fields that are absent, inherited, made by functions; stores that go elsewhere.
local base = new()
local o = setmetatable({}, { __index = base })
show(move(o, 0.1)) show(rawget(o, "x"), rawget(o, "y"), rawget(o, "vx"), base.x)
show(move(o, 0.1))
o = setmetatable({}, {
  __index = function(_, k) note("get", k) return base[k] end,
  __newindex = function(_, k, v) note("set", k, string.format("%.17g", v)) base[k] = v + 1.0 end,
})
show(move(o, 0.1))
print(table.concat(log, "; "))
-- A metamethod changes shape and fields of the table in the middle.
o = new()
o.vx = setmetatable({}, { __mul = function(_, dt) o.y, o.z, o.x = 10.5, 1, 100.0 return dt * 3 end })
show(move(o, 0.5)) show(o.x, o.y, o.z, o.n)
o = new()
o.vx = setmetatable({}, { __mul = function(_, dt) o.vy, o.y = nil, 2.5 setmetatable(o, { __index = { vy = 8.0 } }) return dt end })
show(move(o, 0.5)) show(o.x, o.y, o.n)
-- One table under two names.
local function both(a, b, dt)
  a.x = a.x + b.x * dt
  b.x = b.x - a.x / 2
  return a.x + b.x
end
o = new()
show(both(o, o, 0.5), o.x)
show(both(o, new(), 0.5), o.x)
-- A prototype: what is stored into it is seen by those that inherit.
local class = { x = 1.0, vx = 1.0, y = 1.0, vy = 1.0, n = 1 }
class.__index = class
local instance = setmetatable({}, class)
for _ = 1, 3 do show(move(class, 0.5)) show(instance.x, instance.n) end
-- In coroutines that yield in the middle.
o = new()
o.vy = setmetatable({}, { __mul = function(_, dt) return coroutine.yield(dt) end })
local co = coroutine.wrap(move)
show(co(o, 0.25)) show(co(4.0)) show(o.x, o.y, o.n)
-- Errors name what the source shows, and what was done before them stays done.
for _, bad in ipairs { "x", "vx", "y", "vy", "n" } do
  local o = new()
  o[bad] = bad == "x" and {} or bad == "vx" and "z" or nil
  print(pcall(move, o, 0.5)) show(o.n, o.y, o.vx)
end
print(pcall(move, nil, 1)) print(pcall(move, 5, 1)) print(pcall(move, "s", 1)) print(pcall(move, new(), {}))
-- Elements beside fields, in a loop, with the garbage collector at work.
local bodies = {}
for i = 1, 20 do bodies[i] = { p = { i * 0.5, i * 0.25 }, v = { 1.0 / i, 0.5 }, m = i % 3 == 0 and i or i * 1.5, tag = "b" .. i } end
bodies[7].p[2] = nil
bodies[7] = setmetatable({ v = bodies[7].v, tag = "odd" }, { __index = { p = { 3, 4 }, m = 2 } })
local energy = 0
for step = 1, 40 do
  for i = 1, #bodies do
    local b = bodies[i]
    local p, v = b.p, b.v
    p[1] = p[1] + v[1] * 0.01
    b.m = b.m + p[2] * 0.5 - b.m / 4
    energy = energy + b.m * v[2] * v[2] * 0.5
    if i == step % 20 + 1 then b.extra = { energy } end
  end
end
show(energy, bodies[3].p[1], bodies[7].m, bodies[20].m, #bodies[5].extra)
