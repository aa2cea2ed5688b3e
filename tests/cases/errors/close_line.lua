-- Variables that are open where a function ends are closed in the line of its `end`.
local function f()
  local a <close> = setmetatable({}, { __close = function() error("closing", 2) end })
  print(1)

end
print(pcall(f))
