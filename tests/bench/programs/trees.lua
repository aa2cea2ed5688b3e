-- Balanced trees: an ordered map as a class (AVL), insertions, look-ups, deletions and walks.
--! category: memory
--! args: 60

local n = tonumber(arg[1]) or 20000

local Tree = {}
Tree.__index = Tree

function Tree.new()
  return setmetatable({ root = nil, count = 0 }, Tree)
end

local function height(node)
  if node then return node.height end
  return 0
end

local function update(node)
  local l, r = height(node.left), height(node.right)
  node.height = (l > r and l or r) + 1
end

local function rotate_right(node)
  local left = node.left
  node.left = left.right
  left.right = node
  update(node)
  update(left)
  return left
end

local function rotate_left(node)
  local right = node.right
  node.right = right.left
  right.left = node
  update(node)
  update(right)
  return right
end

local function balanced(node)
  update(node)
  local lean = height(node.left) - height(node.right)
  if lean > 1 then
    if height(node.left.left) < height(node.left.right) then node.left = rotate_left(node.left) end
    return rotate_right(node)
  elseif lean < -1 then
    if height(node.right.right) < height(node.right.left) then node.right = rotate_right(node.right) end
    return rotate_left(node)
  end
  return node
end

local function insert(tree, node, key, value)
  if node == nil then
    tree.count = tree.count + 1
    return { key = key, value = value, height = 1 }
  end
  if key < node.key then
    node.left = insert(tree, node.left, key, value)
  elseif key > node.key then
    node.right = insert(tree, node.right, key, value)
  else
    node.value = value
    return node
  end
  return balanced(node)
end

function Tree:insert(key, value) self.root = insert(self, self.root, key, value) end

function Tree:get(key)
  local node = self.root
  while node do
    if key == node.key then return node.value end
    if key < node.key then node = node.left else node = node.right end
  end
end

local function take_first(node)
  if node.left == nil then return node, node.right end
  local first
  first, node.left = take_first(node.left)
  return first, balanced(node)
end

local function remove(tree, node, key)
  if node == nil then return nil end
  if key < node.key then
    node.left = remove(tree, node.left, key)
  elseif key > node.key then
    node.right = remove(tree, node.right, key)
  else
    tree.count = tree.count - 1
    if node.left == nil then return node.right end
    if node.right == nil then return node.left end
    local first, rest = take_first(node.right)
    first.left, first.right = node.left, rest
    node = first
  end
  return balanced(node)
end

function Tree:remove(key) self.root = remove(self, self.root, key) end

-- Calls f(key, value) in order.
function Tree:each(f)
  local function walk(node)
    if node == nil then return end
    walk(node.left)
    f(node.key, node.value)
    walk(node.right)
  end
  walk(self.root)
end

-- Short-lived trees: made, counted, dropped.
local function complete(depth)
  if depth == 0 then return {} end
  return { left = complete(depth - 1), right = complete(depth - 1) }
end
local function size(node)
  if not node.left then return 1 end
  return 1 + size(node.left) + size(node.right)
end

local seed = 4711
local function random()
  seed = (seed * 16807) % 2147483647
  return seed % (n * 4)
end

local tree = Tree.new()
for i = 1, n do tree:insert(random(), i) end
print("count", tree.count, "height", tree.root.height)
local found = 0
for i = 0, n * 2 do
  if tree:get(i) then found = found + 1 end
end
print("found", found)
for i = 1, n do tree:remove(random()) end
for i = 1, math.floor(n / 2) do tree:insert(random(), -i) end
local sum, last, sorted = 0, -1, true
tree:each(function(key, value)
  sum = sum + key % 1009
  if key <= last then sorted = false end
  last = key
end)
print("left", tree.count, "sum", sum, "sorted", sorted)

-- A tree of strings.
local words = Tree.new()
for i = 1, math.floor(n / 4) do words:insert("w" .. random() % 5000, i) end
local text = {}
words:each(function(key) text[#text + 1] = key end)
print("words", #text, text[1], text[#text])

local nodes = 0
for depth = 2, 9 do
  for _ = 1, math.floor(n / 400) do nodes = nodes + size(complete(depth)) end
end
print("nodes", nodes)
