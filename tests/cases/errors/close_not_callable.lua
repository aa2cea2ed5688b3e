-- A `__close` that cannot be called, while an error goes through: its error takes the other's place.
local function closing(f)
  return setmetatable({}, { __close = f })
end
print(pcall(function()
  local a <close> = closing(function(_, message) print("a", message) error("from a", 0) end)
  local b <close> = closing(print)
  local c <close> = closing(function(_, message) print("c", message) error("from c", 0) end)
  getmetatable(b).__close = 4
  error("first", 0)
end))
print(pcall(function()
  local a <close> = closing(function(_, message) print("a", message) end)
  local b <close> = closing(print)
  getmetatable(b).__close = {}
end))
