-- table.sort through its repeated calls: errors, yields, nested sorts, metamethods, tracebacks.
local function rnd(n) local x=42 local t={} for i=1,n do x=(x*1103515245+12345)%2147483648 t[i]=x end return t end
local base=rnd(150)
local t=table.move(base,1,#base,1,{})
print(pcall(table.sort,t,function(a,b) if a==base[7] then error("boom") end return a<b end))
print(pcall(table.sort,t,function(a,b) return true end))
local co=coroutine.wrap(function() table.sort(t,function(a,b) coroutine.yield() return a<b end) end)
print(pcall(co))
local mt={__lt=function(a,b) return a.k<b.k end}
local o={} for i,v in ipairs(base) do o[i]=setmetatable({k=v},mt) end
table.sort(o) for i=2,#o do assert(o[i-1].k<=o[i].k) end
local n=0
local mt2={__lt=function(a,b) n=n+1 if n==100 then error("lt!") end return a.k>b.k end}
for i=1,#o,2 do setmetatable(o[i],mt2) end
print(pcall(table.sort,o))
table.sort(t,function(a,b) local x={a} collectgarbage("step") table.sort({3,2,1},function(p,q) return p<q end) return x[1]<b end)
for i=2,#t do assert(t[i-1]<=t[i]) end
local m={} for i=1,100 do m[i]= i%3==0 and i/7 or (i*37%101) end
table.sort(m) print(table.concat(m," "))
print(pcall(table.sort,{1,"x",3}))
print(pcall(table.sort,{3,2,1},{}))
local cs=setmetatable({},{__call=function() end})
print(pcall(table.sort,{3,2,1},cs))
print(select(2,xpcall(table.sort,debug.traceback,{3,2,1,5},function(a,b) error("tb") end)))
print(select(2,xpcall(table.sort,debug.traceback,{setmetatable({},{__lt=function(a,b) error("tb2") end}),2,1,5})))
local function deep(k) if k==0 then return end table.sort({2,1},function(a,b) deep(k-1) return a<b end) end
print(pcall(deep,150)) print(pcall(deep,300))
local w={5,4,3,2,1} table.sort(w,function(a,b) w[1]=9 w[3]="x" return (tonumber(a) or 0)<(tonumber(b) or 0) end) print(table.concat(w,","))
