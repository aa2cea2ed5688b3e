-- Constructors of named fields are made in one piece, with what follows them and without.
local function f(a, b) return {x = a, y = b, z = nil, w = "s", t = true} end
for i = 1, 5 do local t = f(i, i > 2 and {} or nil); local n = {} for k, v in pairs(t) do n[#n+1] = k .. "=" .. type(v) end table.sort(n) print(table.concat(n, " "), t.x, t.z, t.w) end
local t = {1, 2, x = 3, 4, y = 5, select(2, 7, 8, 9)} print(#t, t.x, t.y, t[5])
local u = {x = 1, x = 2} print(u.x)
local function cls() local self = setmetatable({}, {__index = {q = 9}}) self.a = 1 self.b = 2 self.c = 3 return self end
for i = 1, 3 do local c = cls() print(c.a, c.b, c.c, c.q) end
local big = {a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9,j=10,k=11,l=12} local s = 0 for k, v in pairs(big) do s = s + v end print(s)
local fs = {} for i = 1, 3 do local n = i fs[i] = function(d) n = n + d return n, i, big.a end end print(fs[1](2), fs[2](3), fs[3](4))
print(#{1, nil, 3}, #{n = 1, nil, nil, 3}, #{nil}, next({}))
