-- The functions of 5.3 that the reference keeps as it is usually built.
local function exact(...)
  local texts = {}
  for i, value in ipairs { ... } do texts[i] = string.format("%s:%.17g", math.type(value), value) end
  print(table.concat(texts, " "))
end
for _, x in ipairs { 0, -0.0, 1, 0.3, -2.5, 10, "7", 1e300, 5e-324, -1 / 0 } do
  exact(math.pow(x, 2), math.pow(2, x), math.ldexp(x, 3), math.ldexp(x, -1074), math.frexp(x))
  exact(math.cosh(x), math.sinh(x), math.tanh(x), math.atan2(x, 2), math.log10(math.abs(x)))
end
exact(math.ldexp(1, 1 << 32), math.ldexp(1, math.mininteger), math.atan2(1))
print(pcall(math.pow, 1))
print(pcall(math.pow, "x", 1))
print(pcall(math.ldexp, 1, 1.5))
print(pcall(math.frexp))
print(pcall(math.log10, {}))
