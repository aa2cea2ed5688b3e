-- Errors inside xpcall's handler: the handler is called for them too, until it gives up.
print(xpcall(error, function(e) return "handled " .. tostring(e) end, "first"))
-- A handler that fails once handles its own error.
local calls = 0
print(xpcall(function() error("original", 0) end, function(e)
  calls = calls + 1
  if calls == 1 then error("in handler", 0) end
  return "second call got " .. tostring(e)
end))
print(calls)
-- A handler that always fails.
calls = 0
local ok, e = xpcall(function() error("original", 0) end, function(e)
  calls = calls + 1
  error("again", 0)
end)
print(ok, type(e), calls > 1)
-- A handler that is no function.
print(pcall(xpcall, function() end, 42))
print(pcall(xpcall))
print(pcall(xpcall, print))
-- A handler's results: only the first.
print(xpcall(function() error("x", 0) end, function() return 1, 2, 3 end))
print(xpcall(function() error("x", 0) end, function() end))
-- The handler runs where the error was raised: the to-be-closed variables are still open.
local open = 0
local mt = { __close = function() open = open - 1 end }
print(xpcall(function()
  local a <close> = setmetatable({}, mt)
  open = open + 1
  error("x", 0)
end, function(e) return e .. " with " .. open .. " open" end))
print(open)
-- pcall inside the handler.
print(xpcall(function() error("outer", 0) end, function(e)
  local ok, inner = pcall(error, "inner", 0)
  return e .. ", " .. inner
end))
-- Nested xpcall: each handler sees its own error.
print(xpcall(function()
  print(xpcall(function() error("inner", 0) end, function(e) return "inner handler: " .. e end))
  error("outer", 0)
end, function(e) return "outer handler: " .. e end))
-- An error in a __close handler reaches the message handler as well.
print(xpcall(function()
  local a <close> = setmetatable({}, { __close = function(_, e) error("close after " .. tostring(e), 0) end })
  error("body", 0)
end, function(e) return "<" .. tostring(e) .. ">" end))
-- Errors that the runtime raises.
print(xpcall(function() local t = nil; return t.x end, function(e) return "runtime: " .. e end))
print(xpcall(function() return 1 < "2" end, function(e) return "runtime: " .. e end))
