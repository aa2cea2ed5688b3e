-- Message handlers that fail: the handler hears of its own errors, also where what is called is no function.
local n = 0
local function g(err) n = n + 1 if n % 7 ~= 0 then error(n % 2 == 0) end return "end" .. tostring(err) .. n end
n = 0
print(xpcall(function() error("x") end, g))
n = 0
print(xpcall(function() local x = nil; x() end, g))
n = 0
print(xpcall(error, g, "z"))
n=0
print(xpcall(string.rep, g))
n=0
print(pcall(xpcall, nil, g))
print(pcall(xpcall, 42, error))
print(xpcall(nil, error))
print(pcall(xpcall, nil, nil))
print(pcall(xpcall, nil, 42))
print(pcall(xpcall))
print(pcall(xpcall, print))
print(xpcall({}, function(m) return m .. "!" end))
print(xpcall(setmetatable({}, {__call = function(self, ...) return ... end}), print, 1, 2, 3))
local function forever(e) error(e) end
local ok, m = xpcall(nil, forever) print(ok, type(m), m)
local ok, m = xpcall(error, forever, "q") print(ok, type(m), m)
print(xpcall(nil, function(e) return coroutine.wrap(function() return e .. "?" end)() end))
local co = coroutine.wrap(function() print(xpcall(nil, function(e) coroutine.yield(1) end)) return 5 end)
print(pcall(co))
print(xpcall(nil, function(m) return debug.traceback(m, 1) end))
print(select("#", xpcall(nil, function() return 1, 2, 3 end)))
print(pcall(nil), pcall(42), pcall({}))
