-- Multiple assignment evaluates every expression before it assigns; values are adjusted.
local a, b, c = 1, 2
print(a, b, c)
a, b = b, a
print(a, b)
a, b, c = (function() return 10, 20, 30 end)()
print(a, b, c)
a, b, c = (function() return 10, 20, 30 end)(), 5
print(a, b, c)
a, b, c = 0, (function() return 10, 20, 30 end)()
print(a, b, c)
a, b, c = ((function() return 10, 20 end)())
print(a, b, c)
local i, t = 1, { "a", "b" }
i, t[i] = i + 1, 20
print(i, t[1], t[2])
t = { 1, 2, 3 }
t[1], t[2], t[3] = t[3], t[1], t[2]
print(t[1], t[2], t[3])
local u = { x = t }
u.x, u.x[1] = nil, "kept"
print(u.x, t[1])
do
  local a <const> = { 1 }
  a[1], a[2] = a[2], a[1]
  print(a[1], a[2])
end
-- Calls in targets and values run from left to right.
local log = ""
local function note(x, v) log = log .. x return v end
local target = {}
note("a", target)[note("b", 1)], note("c", target)[note("d", 2)] = note("e", "x"), note("f", "y")
print(log, target[1], target[2])
-- A local's initial value cannot see the local.
local z = 1
local z = z + 1
local z, w = z + 1, z
print(z, w)
-- Extra values are evaluated and dropped.
log = ""
local only = note("1", "kept"), note("2"), note("3")
print(only, log)
x, y = 1
print(x, y)
global_name = "global"
print(global_name, _G.global_name, _ENV.global_name)
local function swap(p, q) p, q = q, p return p, q end
print(swap(1, 2))
local s = { n = 0 }
local function nxt() s.n = s.n + 1 return s.n end
local r = { nxt(), nxt(), x = nxt(), nxt(), [10] = nxt() }
print(r[1], r[2], r[3], r.x, r[10])
