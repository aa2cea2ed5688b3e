-- string.gsub on a text of 1 MB: plain words, captures, a function and a table as replacements.
--! category: library
--! gc: once
--! args: 1

local rounds = tonumber(arg[1]) or 3

local text = string.rep("the quick brown fox jumps over the lazy dog, again and again. ", 17000)
local count = 0
for _ = 1, rounds do
  local out, found = text:gsub("fox", "cat")
  count = count + #out + found
  out, found = text:gsub("(%w+) (%w+)", "%2 %1")
  count = count + #out + found
  out, found = text:gsub("%a+", string.upper)
  count = count + #out + found
  out, found = text:gsub("%w+", { quick = "slow", dog = "cat" })
  count = count + #out + found
  out, found = text:gsub("%s", "")
  count = count + #out + found
end
print(count)
