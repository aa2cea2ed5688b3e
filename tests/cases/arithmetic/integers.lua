-- Integer arithmetic wraps around; // and % round toward minus infinity.
local max, min = 9223372036854775807, -9223372036854775807 - 1
print(max + 1 == min, min - 1 == max, max * 2, min * -1, -min)
print(7 // 2, -7 // 2, 7 // -2, -7 // -2, 0 // 5, min // -1, min // 1)
print(7 % 3, -7 % 3, 7 % -3, -7 % -3, 0 % 5, min % -1, 6 % -3)
print(max * max, min * min, max // -1, 1 // max, -1 // max, -1 % max)
local function ops(a, b) return a + b, a - b, a * b, a // b, a % b end
for _, p in ipairs { { 1, 2 }, { -1, 2 }, { 5, -3 }, { max, max }, { min, max }, { 0, -1 } } do
  print(p[1], p[2], ops(p[1], p[2]))
end
print(pcall(function() return 1 // 0 end))
print(pcall(function() return 1 % 0 end))
local z = 0
print(pcall(function() return 1 // z end))
print(pcall(function() return 1 % z end))
print(3 | 4, 7 & 10, 5 ~ 3, ~0, ~min == max)
print(1 << 0, 1 << 63, 1 << 64, 1 << -1, -1 >> 1, -1 >> 63, -1 >> 64, 2 >> -1, 1 << min, 1 >> min)
print(3.0 | 0, 2^53 | 0, 7.0 & 3)
print(pcall(function() return "7" & 3 end))
print(pcall(function() return 1.5 | 0 end))
print(pcall(function() return "a" | 0 end))
print(pcall(function() return "1.5" | 0 end))
print(pcall(function() return 2^63 | 0 end))
print(2 ^ 2, 2 ^ 0.5, 8 // 1 ^ 2, -2 ^ 2, 2 ^ 3 ^ 2, 10 / 2, 7 / 2, 1 / 3)
