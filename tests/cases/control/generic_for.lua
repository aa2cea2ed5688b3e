-- Generic for: stateless and stateful iterators, several variables, pairs, ipairs, next.
local function range(n, i) i = i + 1 if i <= n then return i, i * i, "third" end end
for i, square, third, none in range, 3, 0 do print(i, square, third, none) end
local t = { 10, 20, nil, 40, x = "y" }
for i, v in ipairs(t) do print(i, v) end
local n = 0
for k, v in pairs(t) do n = n + 1 end
print(n)
for k, v in next, { "only" } do print(k, v) end
for w in string.gmatch("one two three", "%a+") do io.write(w, ";") end
print()
local function closure() local i = 0 return function() i = i + 1 if i < 4 then return i end end end
for i in closure() do if i == 2 then goto continue end io.write(i, " ") ::continue:: end
print()
for i in closure() do if i == 2 then break end io.write(i, " ") end
print()
-- A false value ends nothing, only nil does.
local values = { 1, false, 2 }
local i = 0
for v in function() i = i + 1 return values[i] end do print(v) end
-- The control variable can be assigned without disturbing the loop.
for k in range, 3, 0 do local old = k k = k * 100 print(old, k) end
print(pcall(function() for x in nil do end end))
print(pcall(function() for x in 42 do end end))
local iter = {}
print(pcall(function() for x in iter do end end))
print(pcall(ipairs))
print(pcall(pairs))
print(pcall(function() for k in pairs(nil) do end end))
local proxy = setmetatable({}, { __index = function(_, i) if i <= 3 then return i * 2 end end })
for i, v in ipairs(proxy) do print(i, v) end
for k, v in pairs(setmetatable({}, { __pairs = function(t) return range, 2, 0 end })) do print(k, v) end
