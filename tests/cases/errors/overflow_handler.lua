-- A message handler runs after a stack overflow, in a coroutine too and again and again; the error
-- is that of the function whose call did not fit.
local function overflow(n)
  return 1 + overflow(n + 1)
end
local function closing(message)
  print(message)
  local x <close> = setmetatable({}, { __close = function(o) o[1] = 10 end })
  return x
end
for i = 1, 2 do
  local ok, value = xpcall(overflow, closing, 0)
  print(ok, value[1])
  print(coroutine.wrap(function()
    return xpcall(overflow, function() return "handled" end, 0)
  end)())
end
