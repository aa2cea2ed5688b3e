-- Errors: raised three calls deep and caught.
local function c(x) error(x, 0) end
local function b(x) c(x) return x end
local function a(x) b(x) return x end
local n = 0
for i = 1, 2000000 do
  local ok, v = pcall(a, "caught")
  if not ok and v == "caught" then n = n + 1 end
end
print(n)
