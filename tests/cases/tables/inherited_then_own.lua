-- A table is inherited from, and then asked for a field of its own that it has not.
local grandparent = setmetatable({ x = 1 }, { __index = "text" })
local parent = setmetatable({ y = 2 }, { __index = grandparent })
local child = setmetatable({}, { __index = parent })
for _ = 1, 4 do
  print(child.x, child.y, child.z, grandparent.y, parent.z, grandparent.x, child.len == string.len)
end
