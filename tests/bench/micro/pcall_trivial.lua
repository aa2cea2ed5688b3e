-- Protected calls of a function that does next to nothing.
local function f(x) return x + 1 end
local n = 0
for i = 1, 10000000 do
  local ok, v = pcall(f, n)
  n = v
end
print(n)
