-- Counts the words of a text: the most frequent ones, with a bar for each.
--
--     ./words < README.md
--     ./words 5 < README.md
local limit = tonumber(arg[1]) or 10

local counts, lines, total = {}, 0, 0
for line in io.lines() do
  lines = lines + 1
  for word in line:gmatch("[%a'-]+") do
    word = word:lower()
    counts[word] = (counts[word] or 0) + 1
    total = total + 1
  end
end

local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)

io.write(("%d lines, %d words, %d different\n"):format(lines, total, #words))
for rank = 1, math.min(limit, #words) do
  local word = words[rank]
  local bar = string.rep("*", (counts[word] * 40 + counts[words[1]] - 1) // counts[words[1]])
  io.write(("%6d  %-12s %s\n"):format(counts[word], word, bar))
end
