-- Integer and float arithmetic in a loop without calls.
--! luajit: no, it has no `//`
local s, f = 0, 0.0
for i = 1, 100000000 do
  s = s + i % 7 * (i // 3)
  f = f + i * 0.5
end
print(s, f)
