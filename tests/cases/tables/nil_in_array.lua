-- A nil among the elements of an array equals any other, whatever was in its place.
local n
local t = {nil, 2, nil, 4}
print(t[1] == n, t[3] == n, rawequal(t[1], n))
local u = {1.5, true, "x", {}}
u[8] = 1 u[7] = 2
for i = 1, 8 do io.write(tostring(u[i] == n), " ", tostring(rawequal(u[i], n)), " ") end
print()
