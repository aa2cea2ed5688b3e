-- string.format: integers, floats, strings, padding, hexadecimal and quoting.
--! category: library
--! gc: once
--! args: 1000

local n = tonumber(arg[1]) or 300000

local format = string.format
local size = 0
for i = 1, n do
  size = size + #format("%d %5d %s", i, -i, "name")
  size = size + #format("%5.2f|%g|%.14g", i * 0.25, i / 3, i)
  size = size + #format("%-10s|%08x|%q", "left", i, "a\nb")
end
print(size)
