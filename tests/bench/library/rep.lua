-- string.rep: single bytes, words, separators, and the other whole-string functions.
--! category: library
--! gc: once
--! args: 1000

local n = tonumber(arg[1]) or 100000

local size = 0
for i = 1, n do
  size = size + #("x"):rep(i % 100) + #("abc"):rep(i % 20, ", ")
  local s = ("Word"):rep(5)
  size = size + #s:upper() + #s:lower() + #s:reverse() + s:byte(i % 20 + 1) + #s:sub(3, -3)
end
for i = 1, n / 1000 do
  size = size + #("x"):rep(1000000) + #("hello"):rep(200000) % i
end
print(size)
