-- Comparisons between integers and floats are exact, where a conversion would lose digits.
local function all(a, b) return a == b, a ~= b, a < b, a <= b, a > b, a >= b end
local big = 9007199254740992
local max, min = 9223372036854775807, -9223372036854775807 - 1
local inf, nan = 1 / 0, 0 / 0
local values = { 0, -0.0, 1, 1.0, 1.5, -1, big, big + 1, 2^53, 2^53 + 2, max, min, 2^63, -2^63, inf, -inf, nan }
for i = 1, #values do
  for j = 1, #values do print(i, j, all(values[i], values[j])) end
end
-- The same in conditions, where the result is never a value.
local function pick(a, b)
  local s = ""
  if a < b then s = s .. "<" end
  if a <= b then s = s .. "<=" end
  if not (a < b) then s = s .. "!<" end
  if a == b then s = s .. "=" else s = s .. "#" end
  return s
end
for i, a in ipairs { 1, 1.0, max, 2^63, nan } do
  for j, b in ipairs { 1, 1.5, max, 2^63, nan } do print(i, j, pick(a, b)) end
end
