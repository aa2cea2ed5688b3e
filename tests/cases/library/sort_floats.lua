-- table.sort of floats alone: signs, extremes, denormal numbers; with zeros of both signs and NaNs among them it
-- is the general sort that orders them.
local function show(t) local s = {} for i, v in ipairs(t) do s[i] = tostring(v) end print(table.concat(s, " ")) end
local function sorted(t, order) table.sort(t, order) show(t) end
local function down(a, b) return a > b end
local function all() return { 3.5, -1.25, math.huge, -math.huge, 0.0, 1e-320, -1e-320, 2.0 ^ 53, -2.5, 1e308, -1e308, 0.5 } end
sorted(all())
sorted(all(), down)
sorted({ 0.0, -0.0, 1.0, -1.0 })
sorted({ 2.5, 1, 3.5, -4 })
local t = {}
for i = 1, 5000 do t[i] = (i * 7919 % 5003 - 2500) / 7 end
table.sort(t)
for i = 2, #t do assert(t[i - 1] <= t[i]) end
table.sort(t, down)
for i = 2, #t do assert(t[i - 1] >= t[i]) end
print(t[1], t[#t])
