-- string.pack and unpack: integers of several sizes, floats, strings, alignment.
--! category: library
--! luajit: no, it has no `string.pack`
--! gc: once
--! args: 1000

local n = tonumber(arg[1]) or 300000

local pack, unpack = string.pack, string.unpack
local sum = 0
for i = 1, n do
  local s = pack("<i4I2b", i, i % 65536, i % 100)
  local a, b, c = unpack("<i4I2b", s)
  sum = sum + a + b + c
  s = pack(">s2dz", "name", i / 2, "zero")
  local name, d, z = unpack(">s2dz", s)
  sum = sum + #name + d + #z
  s = pack("!8 i1 i8 f", 1, i, 0.5)
  a, b, c = unpack("!8 i1 i8 f", s)
  sum = sum + a + b + c + string.packsize("!8 i1 i8 f")
end
print(sum)
