-- string.find and match on a text of 1 MB: plain, with classes, anchored, near misses.
--! category: library
--! gc: once
--! args: 2

local rounds = tonumber(arg[1]) or 20

local text = string.rep("abcdefghij klmnopqrst aaaaaaaaab ", 31000) .. "needle 42"
local sum = 0
for i = 1, rounds do
  sum = sum + text:find("needle", 1, true)
  sum = sum + text:find("needle")
  sum = sum + text:find("%d+")
  sum = sum + (text:find("[0-9][0-9]") or 0)
  sum = sum + #text:match("(%d)%d$", -2)
  sum = sum + (text:find("aac", 1, true) or 1)
end
local place = 1
for _ = 1, rounds * 5000 do
  local first, last = text:find(" ", place, true)
  if not first or last > 900000 then place = 1 else place = last + 1 end
  sum = sum + place % 10
end
local word = "some-name_17.lua"
for _ = 1, rounds * 10000 do
  sum = sum + #word:match("^(.-)%.lua$") + (word:find("%d") or 0)
end
print(sum)
