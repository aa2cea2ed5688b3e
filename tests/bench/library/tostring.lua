-- tostring and tonumber: integers, floats, hexadecimal, other bases.
--! category: library
--! luajit: no, it writes floats as integers
--! gc: once
--! args: 1000

local n = tonumber(arg[1]) or 300000

local size, sum = 0, 0
for i = 1, n do
  size = size + #tostring(i) + #tostring(i * 7919) + #tostring(i % 2 == 0)
  size = size + #tostring(i / 8) + #tostring(i / 7):sub(1, 5)
  sum = sum + tonumber("12345") + tonumber("  -17 ") + tonumber("0x1F") + tonumber("zz", 36)
  sum = sum + tonumber("3.25") + tonumber("1e3")
end
print(size, sum)
