-- Table constructors: positions, keys, trailing calls, order of evaluation, nil values, length.
local t = { 1, 2, 3, x = "x", ["y z"] = "yz", [10] = "ten", [1.5] = "float", [true] = "bool", }
print(#t, t[1], t[3], t.x, t["y z"], t[10], t[1.5], t[true], t[false])
print(#{}, #{ nil }, #{ 1, nil, 3 }, #{ n = 1 }, #{ (function() return 1, 2, 3 end)() }, #{ (function() return 1, 2, 3 end)(), 4 })
print(({ 1; 2; 3; })[3], ({ [1] = "a", "b" })[1], ({ ["x"] = 1, x = 2 }).x)
t = { [1] = 1, [2] = 2, [4] = 4 }
print(t[1], t[2], t[3], t[4])
t = {}
t[1.0] = "one" t[2^53] = "big" t["1"] = "string"
print(t[1], t[2^53 | 0], t["1"], #t)
t[-0.0] = "zero"
print(t[0], t[0.0])
print(pcall(function() t[nil] = 1 end))
print(pcall(function() t[0 / 0] = 1 end))
print(t[nil], t[0 / 0])
print(pcall(function() return { [nil] = 1 } end))
-- Growing, shrinking, nested, self-referring.
t = {}
for i = 1, 100 do t[i] = i * i end
print(#t, t[100])
for i = 100, 51, -1 do t[i] = nil end
print(#t)
t.self = t
print(t.self.self.self == t, t.self[50])
t = { { { "deep" } } }
print(t[1][1][1])
-- Integer-valued floats and integers are the same key; strings of digits are not.
local m = {}
for i = 1, 5 do m[i * 1.0] = i end
local n = 0
for k in pairs(m) do n = n + 1 if math.type(k) ~= "integer" then print("float key", k) end end
print(n, #m)
-- More than 50 items, with calls at the end.
local function three() return "a", "b", "c" end
t = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, three() }
print(#t, t[53], t[54], t[56])
