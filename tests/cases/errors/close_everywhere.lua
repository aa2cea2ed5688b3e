-- Variables to be closed: in coroutines that are closed, after errors, with errors of their own,
-- yielding, and in loops.
local function tbc(name, f) return setmetatable({}, {__close = function(_, e) print("close", name, e) if f then f(e) end end}) end
local co = coroutine.create(function() local a <close> = tbc("a") local b <close> = tbc("b") coroutine.yield(1) end)
print(coroutine.resume(co)) print(coroutine.close(co)) print(coroutine.status(co)) print(coroutine.close(co))
co = coroutine.create(function() local a <close> = tbc("a", function() error("ea") end) local b <close> = tbc("b", function() error("eb", 0) end) coroutine.yield(1) end)
coroutine.resume(co) print(coroutine.close(co)) print(coroutine.close(co))
co = coroutine.create(function() error("x") end) print(coroutine.resume(co)) print(coroutine.close(co)) print(coroutine.close(co))
co = coroutine.create(function() error({}) end) coroutine.resume(co) print(type(select(2, coroutine.close(co))))
print(pcall(coroutine.close, coroutine.running())) print(pcall(coroutine.close, 1)) print(pcall(coroutine.close))
co = coroutine.create(function() return pcall(coroutine.close, co) end) print(coroutine.resume(co))
co = coroutine.create(function() local x = coroutine.create(function() return pcall(coroutine.close, co) end) return coroutine.resume(x) end) print(coroutine.resume(co))
co = coroutine.create(function() local a <close> = tbc("y", function() coroutine.yield() end) coroutine.yield() end) coroutine.resume(co) print(coroutine.close(co))
co = coroutine.create(print) print(coroutine.close(co)) print(coroutine.resume(co))
-- __close after errors
print(pcall(function() local a <close> = tbc("1") local b <close> = tbc("2", function() error("in 2") end) local c <close> = tbc("3", function() error("in 3", 0) end) error("orig") end))
print(pcall(function() local a <close> = 1 end)) print(pcall(function() local a <close> = {} end)) print(pcall(function() local aa <close> = setmetatable({}, {}) end))
print(pcall(function() local a <close> = nil local b <close> = false return "ok" end))
print(pcall(function() local mt = {__close = print} local a <close> = setmetatable({}, mt) mt.__close = nil end))
print(pcall(function() local mt = {__close = print} local a <close> = setmetatable({}, mt) mt.__close = 1 error("e") end))
print(xpcall(function() local a <close> = tbc("1", function() error("c1") end) error("orig") end, function(m) return "H(" .. tostring(m) .. ")" end))
print(xpcall(function() local a <close> = tbc("1", function() print(debug.traceback("in close")) end) error("orig") end, debug.traceback))
print(xpcall(function() local a <close> = tbc("1", function() print(debug.traceback("in close")) end) return 1 end, debug.traceback))
for i = 1, 3 do local a <close> = tbc("loop" .. i) if i == 2 then break end end
do local a <close> = tbc("goto") goto out end ::out::
print((function() local a <close> = tbc("ret") return "r" end)())
for k, v in (function() return next, {1}, nil, tbc("iter") end)() do print(k, v) end
print(pcall(function() for k, v in next, {1, 2}, nil, tbc("iter2") do error("in loop") end end))
-- yields in close
co = coroutine.wrap(function() do local a <close> = tbc("yc", function() print("got", coroutine.yield("from close")) end) end return "end" end) print(co()) print(co("v"))
co = coroutine.wrap(function() print(pcall(function() local a <close> = tbc("yc", function() print("got", coroutine.yield("from close")) end) error("err") end)) return "end" end) print(co()) print(co("v"))
co = coroutine.wrap(function() return pcall(function() local a <close> = tbc("yc", function() coroutine.yield("y1") error("e2") end) local b <close> = tbc("yd", function() coroutine.yield("y2") error("e1") end) return 1 end) end) print(co()) print(co()) print(co())
