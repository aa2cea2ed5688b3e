-- Counting with known integers, with a step down, with unknown bounds, and over floats.
local sum, n = 0, ...
for i = 1, n do sum = sum + i end
for i = 10, 1, -3 do print(i) end
for i = n, 1, -1 do if i == sum then break end end
for x = 1.0, 2.0, 0.5 do print(x) end
for k, v in next, {} do sum = v; print(k) end
while sum > 0 do sum = sum - 1; if sum == 5 then break end end
repeat local done = sum; sum = sum + 1 until done > 10
while true do end
