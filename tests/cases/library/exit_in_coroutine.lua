-- `os.exit(status, true)` closes the state: the main program's variables, wherever it is called, but
-- not those of coroutines.
local main <close> = setmetatable({}, { __close = function(_, e) print("main", e) end })
kept = setmetatable({}, { __gc = function() print("finalizer") end })
local other = coroutine.wrap(function()
  local never <close> = setmetatable({}, { __close = function() print("never") end })
  coroutine.yield()
end)
other()
coroutine.wrap(function()
  local never <close> = setmetatable({}, { __close = function() print("never") end })
  os.exit(4, true)
end)()
