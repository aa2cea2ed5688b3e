-- table.insert, remove and move on arrays of every kind, where they are copies of memory and where not.
local function show(t) local r={} for i=1,#t do r[i]=tostring(t[i]) end return #t..":"..table.concat(r,",") end
local kinds={ints={1,2,3,4,5,6,7},flts={1.5,2.5,3.5,4.5},strs={"a","b","c","d","e"},tabs={},any={1,"x",2.5,true,false}}
for i=1,5 do kinds.tabs[i]=setmetatable({},{__tostring=function() return "t"..i end}) end
local names={} for k in pairs(kinds) do names[#names+1]=k end table.sort(names)
for _,a in ipairs(names) do
  local function copy() local r={} for i=1,#kinds[a] do r[i]=kinds[a][i] end return r end
  local t=copy()
  for p=1,#t+1 do local u=copy() table.insert(u,p,"new") print(a,"ins",p,show(u)) end
  for p=1,#t do local u=copy() table.insert(u,p,u[1]) print(a,"ins same",p,show(u)) end
  for p=1,#t+1 do local u=copy() local r=table.remove(u,p) print(a,"rem",p,tostring(r),show(u)) end
  for f=1,#t do for e=f-1,#t do for to=1,#t+1 do local u=copy() table.move(u,f,e,to) io.write(show(u)," [",tostring(u[0]),"] ") end end print() end
  for _,b in ipairs(names) do
    local u=copy() table.move(kinds[b],1,#kinds[b],2,u) print(a,b,show(u))
    u=copy() table.move(kinds[b],1,2,#u+1,u) print(a,b,show(u))
    u=table.move(kinds[b],1,#kinds[b],1,{}) print(b,show(u))
    u=table.move(kinds[b],1,#kinds[b],1,{x=1,y=2}) print(b,show(u),u.x)
    u=table.move(kinds[b],1,#kinds[b],1,setmetatable({},{__mode="v"})) print(b,show(u))
    u={[3]="three",[5]="five"} table.move(kinds[b],1,2,1,u) print(b,show(u),u[5])
  end
end
local big={} for i=1,1000 do big[i]="s"..i end
for i=1,200 do table.insert(big,i%50+1,"n"..i) if i%3==0 then collectgarbage() end table.remove(big,7) table.remove(big) end
print(#big,big[1],big[50],big[500],big[#big])
print(pcall(table.move,{1,2,3},1,math.maxinteger,2)) print(pcall(table.move,{1,2,3},-1,math.maxinteger,2)) print(pcall(table.move,{1},1,2,math.maxinteger))
local log={} local pr=setmetatable({},{__index=function(_,k) log[#log+1]="g"..k return k end,__newindex=function(_,k,v) log[#log+1]="s"..k end})
table.move(pr,1,3,2) table.move({1,2,3},1,3,1,pr) print(table.concat(log," "))
