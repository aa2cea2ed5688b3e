-- Numeric loops whose start is known when they run only: integers in line, the rest not.
local function f(a, b) local n = 0 for i = a, b do n = n + i end return n end
local function d(a, b) local n = 0 for i = a, b, -3 do n = n * 2 + i end return n end
local function z(a, b, s) local n = 0 for i = a, b, s do n = n * 2 + i if n > 1e9 then break end end return n end
print(f(1, 10), f(3, 2), f(1.0, 3), f(1, 3.5), f(math.maxinteger - 1, math.maxinteger), f(math.mininteger, math.mininteger))
print(d(10, 1), d(1, 10), d(10, 1.5), d(math.mininteger + 1, math.mininteger))
print(f(2, -math.huge), f(1, 2.9), pcall(f, "1", 2), pcall(f, 1, "2"), pcall(f, nil, 2), pcall(f, 1))
print(z(1, 5, 2), z(1, 5, 2.0), pcall(z, 1, 5, 0), pcall(z, 1, 5, "1"), z(5, 1, -1), z(1.5, 3, 1), pcall(z, 1, 2, 0.0))
print(pcall(function(a) for i = a, 10, 0 do end end, 1), pcall(function(a) for i = a, 10, 0 do end end, "x"))
