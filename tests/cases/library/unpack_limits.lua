-- More results than there can be.
for _, range in ipairs { { 1, 1000000 }, { 0, math.maxinteger }, { math.mininteger, math.maxinteger },
                         { 1, math.maxinteger }, { math.mininteger, 0 }, { -1, 2 ^ 62 } } do
  print(pcall(table.unpack, {}, range[1], range[2]))
end
print(select("#", table.unpack({}, 1, 100000)), table.unpack({}, math.maxinteger, 0))
print(table.unpack({ 1, 2 }, math.maxinteger, math.maxinteger))
