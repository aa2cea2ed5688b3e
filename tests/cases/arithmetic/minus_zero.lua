-- A zero loses its sign when the numeral 0 is taken from it, as the reference adds what is negated.
local x = -0.0
print(-0.0 - 0, x - 0, x - 3 // 5, x - 0.0, x + 0)
local y = 0.0
y = -y - 0
print(y, 1 / y, 5 - 0, 0 - x)
