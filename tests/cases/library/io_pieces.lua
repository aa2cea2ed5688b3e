-- Reading pieces of all sizes: fewer bytes than asked for, at the end none, and numbers.

local name = os.tmpname()
local content = {}
for i = 1, 40000 do content[i] = i % 97 .. (i % 10 == 0 and "\n" or ",") end
content = table.concat(content)
local file = assert(io.open(name, "w"))
file:write(content):close()

for _, size in ipairs { 1000, 1, 40, 41, 479, 480, 481, 2000, 2048, 4096, 65536, 100000, 262144, 262145, 1000000 } do
  local pieces, last = {}, nil
  for piece in io.lines(name, size) do
    pieces[#pieces + 1] = piece
    assert(#piece == size or last == nil)
    if #piece < size then last = #piece end
    if size == 1 and #pieces == 1000 then break end
  end
  local all = table.concat(pieces)
  print(size, #pieces, last, all == content:sub(1, #all), #all)
end

for _, rest in ipairs { 0, 1, 30, 50, 1000, 3000 } do
  local file <close> = assert(io.open(name))
  print(file:seek("end", -rest), #(file:read(5000) or ""), file:read(5000), file:read(0), file:read("a"), file:seek())
  print(file:seek("set", 7), file:seek("cur", -2), file:seek(), file:seek("set", 0), pcall(file.seek, file, "set", -1))
end

file = assert(io.open(name, "w"))
file:write("12 -7 +3 0x1F 1.5 .5 5. 1e3 0x.8p1 0xA.8 ", ("9"):rep(199), " ", ("9"):rep(201), " 77 nan")
file:close()
for _ = 1, 1 do
  local file <close> = assert(io.open(name))
  for _ = 1, 15 do io.write(tostring(file:read("n")), " ") end
  print(file:read("l"))
end
print(pcall(function() for a, b in io.lines(name, "n", "n") do io.write(a, ":", tostring(b), " ") end end))
print(pcall(io.open, name, "rz"))
os.remove(name)
print(pcall(io.lines, "/no/such/file"), io.open("/no/such/" .. ("x"):rep(100)))
