-- One operand an integer, the other a float, with neither known before.
local function all(x, y)
  print(x + y, x - y, x * y, x / y, x // y, x % y)
  print(y + x, y - x, y * x, y / x, y // x, y % x)
end
all(1, 2.5)
all(-7, 2.0)
all(math.maxinteger, 1.0)
all(math.mininteger, -0.5)
all(0x1p53, 9007199254740993)
all(3, "4.5")
all("0x10", 2.5)
print(pcall(all, 1, {}))
print(pcall(all, 1.5, {}))
print(pcall(all, nil, 1.5))
local sum = 0
for i = 1, 5 do
  sum = sum + i * 0.5
end
print(sum)
