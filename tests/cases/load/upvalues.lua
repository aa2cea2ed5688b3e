-- Environments and upvalues of functions that were dumped, whole and stripped; names and lines in
-- their errors.
local env = setmetatable({}, {__index = _G})
local f = load("a = 1; function inc() a = a + 1; return a end return inc, function() return _ENV end", "=c", "t", env)
local inc, getenv = f()
print(inc(), env.a, a, getenv() == env)
local g = load(string.dump(inc), "g", "b", env) print(g(), env.a)
local h = load(string.dump(inc)) print(pcall(h))
a = 10 print(h(), a, env.a)
local k = load(string.dump(getenv), "k", "b", 5) print(k())
print(pcall(load(string.dump(inc), "x", "b", nil)))
-- upvaluejoin after undump
local x, y = 1, 2
local function s() x = x + y return x end
local u = load(string.dump(s))
print(debug.getinfo(u, "u").nups, debug.getupvalue(u, 1), debug.getupvalue(u, 2))
debug.upvaluejoin(u, 1, s, 1) debug.upvaluejoin(u, 2, s, 2)
print(u(), x, s(), x)
print(debug.upvalueid(u, 1) == debug.upvalueid(s, 1))
-- stripped names
local v = load(string.dump(s, true)) print((debug.getupvalue(v, 1))) print(debug.setupvalue(v, 1, 5), debug.setupvalue(v, 2, 6), v())
local d = debug.getinfo(v, "S") print(d.source, d.short_src, d.linedefined, d.lastlinedefined, d.what)
d = debug.getinfo(load(string.dump(s)), "S") print(d.source, d.short_src, d.linedefined, d.lastlinedefined, d.what)
d = debug.getinfo(load(string.dump(load("return 1", "=nm")), "other"), "S") print(d.source, d.short_src, d.linedefined, d.what)
print(#string.dump(s) == #string.dump(load(string.dump(s))), string.dump(s) == string.dump(load(string.dump(s))))
print(pcall(load(string.dump(function(...) local t = ... ; return t.a.b end, true)), {}))
print(pcall(load(string.dump(function(...) return upper.x.y end, true))))
print(pcall(load(string.dump(function(...) local a <close> = 1 end, true))))
print(pcall(load(string.dump(function(...) for i = 1, "x" do end end, true))))
print(select(2, xpcall(load(string.dump(function() local function q() error("l") end q() end, true)), debug.traceback)))
print(select(2, xpcall(load(string.dump(function() local function q() error("l") end q() end)), debug.traceback)))
