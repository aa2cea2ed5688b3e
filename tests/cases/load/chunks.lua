-- What `load` takes and says: nesting, readers and their errors, modes, names, syntax errors,
-- environments.
-- nesting limits in load at several depths
local function max(f)
  local n = 1
  while f(n) do n = n + 1 end
  return n
end
local function try(n) return (load("return " .. ("("):rep(n) .. "1" .. (")"):rep(n))) end
print(max(try))
print(select(2, load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300))))
print(pcall(function() return max(try) end))
print(pcall(pcall, function() return max(try) end))
print(coroutine.wrap(function() return max(try) end)())
table.sort({1,2,3}, function(a, b) if a == 1 and b == 2 then print(max(try)) end return a < b end)
print(xpcall(function() return load("return " .. ("("):rep(300) .. "1" .. (")"):rep(300)) end, function(m) return "H:" .. m end))
print(xpcall(function() return load("x =") end, function(m) return "H:" .. m end))
print(xpcall(function() return load(function() error("r") end) end, function(m) return "H:" .. m end))
print(xpcall(function() return load(function() return {} end) end, function(m) return "H:" .. m end))
print(xpcall(load, function(m) return "H:" .. m end, function() return true end))
print(type(load(function() return nil end)))
-- readers
local calls = 0
print(load(function() calls = calls + 1 if calls == 1 then return "return 1" end return "" end)(), calls)
calls = 0
print(load(function() calls = calls + 1 return "return 1" end, "=x", "b"), calls)
local d = string.dump(function() return 42 end)
calls = 0
print(load(function() calls = calls + 1 return d:sub(calls, calls) end)(), calls == #d)
calls = 0
print(load(function() calls = calls + 1 return "\27" end, "=x", "t"), calls)
calls = 0
print(load(function() calls = calls + 1 return "\27" end, "=x"), calls)
print(load(d, "@n", "t")) print(load("x", "n", "b")) print(load(d:sub(1, 10))) print(load(d:sub(1,10), "@foo")) print(load(d:sub(1,10), "foo"))
print(load("\27abcd")) print(load("\27Lua\x53")) print(load("\27Lua\x54\1")) print(load("\27"))
print(pcall(load)) print(pcall(load, nil)) print(pcall(load, {})) print(pcall(load, "x", {})) print(pcall(load, "x", "n", {}))
print(load("return ...", "=x", nil, nil)(7), pcall(load("return x", "=x", "t", nil)))
print(load(12)) print((load("return 1", 12)) ~= nil) print(pcall(load("error('e')", "line1\nline2"))) print(pcall(load("error('e')", "@file.lua"))) print(pcall(load("error('e')", ("x"):rep(100)))) print(pcall(load("error('e')", "@" .. ("y"):rep(100))))
print(pcall(load("\n\nerror('e')"))) print(load("x = = 1")) print(load("x = '", "=chunk"))
print(load("local a <const> = 1; a = 2")) print(load("goto x")) print(load("break")) print(load("::a:: ::a::")) print(load("x = 1e")) print(load("return '\\400'")) print(load("--[[")) print(load("for i = 1 do end"))
-- env
local e = {print = print}
local f = load("x = 1; local function g() y = 2 end g() return _ENV", "c", "t", e)
print(f() == e, e.x, e.y, x, y)
print(debug.getupvalue(f, 1) == "_ENV")
f = load("return 1", "c", "t", e) print((debug.getupvalue(f, 1))) print(debug.getinfo(f, "u").nups, debug.getinfo(f,"S").what, debug.getinfo(f,"S").source)
-- coroutine wrapped loads
print(pcall(coroutine.wrap(function() return load(function() coroutine.yield() end) end)))
