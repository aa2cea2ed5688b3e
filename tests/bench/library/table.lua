-- table.insert, remove, unpack, pack and move.
--! category: library
--! luajit: no, it has no `table.pack`
--! gc: once
--! args: 1

local rounds = tonumber(arg[1]) or 4

local insert, remove, unpack, pack, move =
  table.insert, table.remove, table.unpack, table.pack, table.move
local sum = 0
for _ = 1, rounds do
  local t = {}
  for i = 1, 30000 do insert(t, i) end
  for i = 1, 300 do insert(t, 1, i) end
  for _ = 1, 300 do sum = sum + remove(t, 1) end
  for i = 1, 10000 do
    local a, b, c = unpack(t, i, i + 2)
    sum = sum + a + b + c + select("#", unpack(t, 1, 20))
  end
  for i = 1, 10000 do sum = sum + pack(i, i, i).n end
  for _ = 1, 20 do
    local copy = move(t, 1, #t, 1, {})
    sum = sum + #copy
    move(copy, 1, #copy - 1, 2)
  end
  for _ = 1, 30000 do sum = sum + remove(t) end
end
print(sum)
