-- debug.traceback: functions by name and line, levels, messages, coroutines.
local function f()
  print(debug.traceback("message"))
  print(debug.traceback("from level 2", 2))
  print(debug.traceback(nil))
end
local t = { method = function() f() return 1 end }
function global_f()
  local x = t.method()
  return x
end
global_f()
print(debug.traceback({}) ~= nil, debug.traceback(12))
local co = coroutine.create(function(x)
  local function inner() coroutine.yield(x) return 1 end
  local r = inner()
  error("in coroutine")
end)
print(debug.traceback(co))
coroutine.resume(co, 1)
print(debug.traceback(co))
print(debug.traceback(co, "msg", 1))
coroutine.resume(co)
print(debug.traceback(co))
print(xpcall(function() local x = nil; x() end, debug.traceback))
for _, x in ipairs { 1 } do print(debug.traceback("in loop")) end
setmetatable(t, { __add = function(a, b) print(debug.traceback("in metamethod")) return 1 end, __index = function(_, k) return debug.traceback("in index") end })
local sum = t + 1
print(t.missing)
table.sort({ 2, 1 }, function(a, b) print(debug.traceback("in sort")) return a < b end)
