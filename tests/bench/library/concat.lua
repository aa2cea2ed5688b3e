-- table.concat: long lists of short strings, of numbers, and short lists.
--! category: library
--! luajit: no, it writes floats as integers
--! gc: once
--! args: 1

local rounds = tonumber(arg[1]) or 12

local words, numbers = {}, {}
for i = 1, 100000 do
  words[i] = "word" .. i % 100
  numbers[i] = i % 3 == 0 and i / 2 or i
end
local size = 0
for _ = 1, rounds do
  size = size + #table.concat(words) + #table.concat(words, ", ") + #table.concat(numbers, " ")
  for i = 1, 20000 do
    size = size + #table.concat({ "a", i, "b" }, "-") + #table.concat(words, "", i, i + 3)
  end
end
print(size)
