-- io.lines over a file of 50 MB, then reading it by blocks and as a whole, and writing it.
--! category: library
--! luajit: no, it has no `<close>`
--! gc: once
--! args: 1

local megabytes = tonumber(arg[1]) or 50

local name = os.tmpname()
local block = {}
for i = 1, 20000 do
  block[i] = ("line %d of a text with some words"):format(i):sub(1, 20 + i % 20) .. "\n"
end
block = table.concat(block)
local file <close> = assert(io.open(name, "w"))
for _ = 1, megabytes * 1000000 // #block do file:write(block) end
file:flush()
local count, size = 0, 0
for line in io.lines(name) do
  count = count + 1
  size = size + #line
end
for piece in io.lines(name, 4096) do size = size + #piece end
local input <close> = assert(io.open(name))
size = size + #input:read("a")
input:seek("set")
for _ = 1, count // 10 do size = size + #input:read("L") end
os.remove(name)
print(count, size)
