-- Small trees that die at once, beside a large one that lives.
local function tree(depth)
  if depth == 0 then return { left = false, right = false } end
  return { left = tree(depth - 1), right = tree(depth - 1) }
end
local function count(t)
  if t.left then return 1 + count(t.left) + count(t.right) end
  return 1
end
local live = tree(18)
local n = 0
for _ = 1, 100000 do n = n + count(tree(5)) end
print(n, count(live))
