-- string.gmatch on a text of 1 MB: words, pairs of captures, positions.
--! category: library
--! gc: once
--! args: 1

local rounds = tonumber(arg[1]) or 4

local text = string.rep("key = value, other = 12345; name_3 = [text] -- note\n", 20000)
local count = 0
for _ = 1, rounds do
  for word in text:gmatch("%w+") do count = count + #word end
  for key, value in text:gmatch("(%w+)%s*=%s*(%w+)") do count = count + #key - #value end
  for place in text:gmatch("()%-%-") do count = count + place % 7 end
  for line in text:gmatch("[^\n]*") do count = count + #line end
end
print(count)
