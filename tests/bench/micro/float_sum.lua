-- An array of floats: its elements added up.
local t = {}
for i = 1, 1000000 do t[i] = i * 0.5 end
local sum = 0.0
for round = 1, 60 do
  for i = 1, #t do sum = sum + t[i] end
end
print(string.format("%.1f", sum))
