-- Float arithmetic: infinities, not-a-number, signed zero, floor division and modulo.
local inf, nan = 1 / 0, 0 / 0
print(inf, -inf, nan ~= nan, nan == nan, -0.0, 0.0, 0.0 == -0.0)
print(1 / -0.0, 1 / 0.0, 0.0 // 1, -0.0 // 1)
print(7.5 // 2, -7.5 // 2, 7.5 // -2, -7.5 // -2, 1 // 0.0, -1 // 0.0)
print(7.5 % 2, -7.5 % 2, 7.5 % -2, -7.5 % -2, 5 % inf, -5 % inf, 5 % -inf, -5 % -inf)
print((1 % 0.0) ~= (1 % 0.0), (0.0 // 0.0) ~= (0.0 // 0.0), inf // 1, -6 % 3.0, 6 % -3.0)
print(1e308 * 10, -1e308 * 10, 5e-324 / 2, 2^1023 * 2, 2^-1074)
print(0.1 + 0.2, 1 + 0.5, 3 - 1.0, 2 * 0.5, 1e15 + 0.5)
print(9007199254740993 + 0.0, 9223372036854775807 + 0.0, 2^53 + 1)
print(inf - inf ~= inf - inf, inf * 0 ~= inf * 0, inf > 9223372036854775807, -inf < 0)
print(2 ^ 1024, (-8) ^ (1 / 3) ~= (-8) ^ (1 / 3), 0 ^ 0, inf ^ 0, nan ^ 0)
