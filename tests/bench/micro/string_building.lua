-- Strings: pieces joined, searched and counted in a table.
--! luajit: no, it has no `//`
local counts, order = {}, {}
local seed = 42
for i = 1, 1500000 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  local word = "w" .. seed // 65536 % 1000 .. ":" .. i % 3
  if counts[word] then
    counts[word] = counts[word] + 1
  else
    counts[word] = 1
    order[#order + 1] = word
  end
end
table.sort(order)
local parts = {}
for i = 1, #order do parts[i] = order[i] .. "=" .. counts[order[i]] end
local text = table.concat(parts, ",")
local digits = 0
for run in text:gmatch("%d+") do digits = digits + #run end
print(#order, #text, digits, text:sub(1, 60))
