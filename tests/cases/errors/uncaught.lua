-- An uncaught error ends the program with status 1, the message and a traceback on stderr.
print("before")
local t = {}
function t.method(x)
  local y = x + 1
  error("bad value " .. y)
end
local function middle(n)
  t.method(n)
  return nil
end
function global_function()
  middle(41)
  return nil
end
global_function()
print("never")
