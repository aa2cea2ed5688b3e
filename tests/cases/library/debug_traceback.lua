-- Tracebacks: messages, levels, other coroutines, many levels, hooks and metamethods in them.

local function show(...) print((debug.traceback(...))) end
show()
show("message")
show("message", 0)
show("message", 2)
show("message", 100)
show(nil, 1)
show(12)
show(print == nil)
print(debug.traceback(print) == print, debug.traceback({}, 1) ~= nil)
print(pcall(debug.traceback, "x", "y"))

local function deep(n, ...)
  if n == 0 then return show(...) end
  deep(n - 1, ...)
end
deep(3, "deep")
deep(18)
deep(19)
deep(40, "many", 3)
local function tail(n) if n == 0 then show("tail") return end return tail(n - 1) end
tail(3)

local t = setmetatable({}, {__index = function(_, k) show(k) end, __add = function() show("add") end,
  __close = function() show("close") end})
local _ = t.x, t + 1
do local c <close> = t end
for _ in function() show("iterator") end do end
table.sort({1, 2}, function(a, b) show("sort") return a < b end)
string.gsub("x", "x", function() show("gsub") end)
pcall(show, "pcall")
function Global() show("global") end
Global()
t.method = function() show("method") end
t:method()
load("local f = ... f('loaded')", "=chunk")(show)

local co = coroutine.create(function(...) deep(2, "inside") coroutine.yield() error("oops") end)
show(co)
coroutine.resume(co)
show(co)
show(co, "message")
show(co, "message", 1)
show(co, nil, 5)
print(coroutine.resume(co))
show(co)
print(xpcall(function() local x = nil + 1 end, debug.traceback))
print(xpcall(function() error({}) end, function(e) return debug.traceback("handler", 1) end))
