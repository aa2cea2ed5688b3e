local few = {1, 2, x = 3}
local once = {1, 2.5, "three", {true, false, nil}, x = "s", [-1] = {}}
local called = {1, 2, 3, 4, print}
for i = 1, 2 do local again = {1, 2, 3, 4, 5} end
local function f() return {1, 2, 3, 4, 5} end
