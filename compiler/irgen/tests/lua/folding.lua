-- Numerals are folded where nothing can be raised or lost.
local a = 1 + 2 * 3 - -4
local b = (7 // 2) .. (-7 % 3) .. (1 << 62)
local c = 1 // 0 -- stays, to raise
local d = 0.0 * -1
local e = 2^53 + a
local f = "10" + 1
return a, 2 + 3 + a, ~5 & 0xFF, 3 | 1.5
