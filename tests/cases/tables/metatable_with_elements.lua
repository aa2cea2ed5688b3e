-- A metatable that has elements too, stored before, after and between its metamethods.
local mt = {[0]=1,[1]=2, __index=function() return 42 end}
print(setmetatable({}, mt).x)
local mt2 = {[1]=1,[2]=2,[3]=3, a=1, [2.5]=1, __index=function() return 43 end, __len = function() return 9 end, __newindex=function(t,k,v) rawset(t,k,v*2) end}
local t = setmetatable({}, mt2)
print(t.x, #t) t.y = 4 print(rawget(t, "y"))
for k in pairs(mt2) do end
print(t.x, #t) t.z = 4 print(rawget(t, "z"))
-- A class of so many methods that it is a dictionary gets elements later.
local class = { __index = function() return "inherited" end }
for i = 1, 100 do class["method" .. i] = i end
local object = setmetatable({}, class)
print(object.absent)
class[1] = "first" class[2] = "second"
print(object.absent, object[1], #class)
class.__index = class
print(object[2], object.method7, object.absent)
