-- Allocation and collection: complete binary trees, most of them short-lived.
local function make(depth)
  if depth == 0 then return {} end
  return { make(depth - 1), make(depth - 1) }
end
local function count(tree)
  if tree[1] then return 1 + count(tree[1]) + count(tree[2]) end
  return 1
end
local long_lived = make(15)
local total = 0
for i = 1, 40 do total = total + count(make(14)) end
print(total, count(long_lived))
