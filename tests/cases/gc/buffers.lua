--! gc: once
-- Arrays that grow count, and those that are garbage do not, so that memory stays near what is alive.
local peak = 0
local function look() peak = math.max(peak, collectgarbage("count")) end
-- One large array after the other: hardly an object, and all memory in buffers that grow.
for round = 1, 100 do
  local list = {}
  for i = 1, 100000 do list[i] = i end
  look()
end
print(peak < 16 * 1024)
-- Small ones, whose buffers are larger than themselves, beside some that live.
local function make(first)
  local list = {}
  for i = 1, 20 do list[i] = first + i end
  return list
end
local live = {}
peak = 0
for round = 1, 300000 do
  live[round % 4000 + 1] = make(round)
  if round % 1000 == 0 then look() end
end
print(peak < 10 * 1024, #live)
-- Dictionaries.
live, peak = {}, 0
for round = 1, 100000 do
  local map = {}
  for i = 1, 10 do map[i * 1000 + round] = true end
  live[round % 1000 + 1] = map
  if round % 1000 == 0 then look() end
end
print(peak < 10 * 1024, #live)
