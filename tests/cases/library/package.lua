-- package and require: searchers, paths, preloading, messages. What concerns dynamic libraries is left out.

local function show(...) 
  local t = table.pack(...)
  for i=1,t.n do local v=t[i]; t[i]=type(v)=="string" and string.format("%q",v) or type(v)=="function" and "function" or type(v)=="table" and "table" or tostring(v) end
  print(table.concat(t," | "))
end
local function try(f,...) show(pcall(f,...)) end
show(package.path)
show(package.cpath)
show(package.config)
show(#package.searchers)
try(require)
try(require,{})
try(require,"no.such.mod")
try(require,"nomod")
try(require,1)
try(require,"")
try(require,"a\0b")
try(require,"a-b.c")
local keys={} for k in pairs(package) do keys[#keys+1]=k end table.sort(keys)
show(table.concat(keys," "))
keys={} for k in pairs(package.loaded) do keys[#keys+1]=k end table.sort(keys)
show(table.concat(keys," "))
try(package.searchpath,"a.b","./?.x;/y/?/z")
try(package.searchpath,"a.b","./?.x","")
try(package.searchpath,"a.b","./?.x","","/")
try(package.searchpath,"a.b","./?.x;./?",".","-")
try(package.searchpath,"a/b","?;",  "/","%%")
try(package.searchpath,"x","")
try(package.searchpath,"x",";")
try(package.searchpath,"x","a;;b")
try(package.searchpath)
try(package.searchpath,"x")
try(package.searchpath,"x",{})
try(package.searchpath,"x","?",1,2)
try(package.searchpath, "dev.null", "/?")
try(package.searchpath,"a.b.c","?",".","..")
try(package.searchpath,"a\0b","?\0c")
for i,s in ipairs(package.searchers) do try(s,"no.such") try(s,"nosuch") try(s) try(s,{}) end
do local p=package.path package.path=nil try(require,"zz") package.path={} try(require,"zz") package.path=5 try(require,"zz") package.path=p end
do local p=package.cpath package.cpath=nil try(require,"zz") package.cpath=p end
do local s=package.searchers package.searchers=nil try(require,"zz") package.searchers={} try(require,"zz") package.searchers={function() return nil end,function() return "msg" end,function() return 12 end,function() return "\n\tpre" end,function() return {} end} try(require,"zz") package.searchers={function(n) return function(...) show("loader",...) return 7 end, "data" end} try(require,"zz") show(package.loaded.zz) try(require,"zz") package.searchers={function(n) return function(...) return false end end} try(require,"yy") show(package.loaded.yy) try(require,"yy") package.searchers={function() return function() end, {1} end} try(require,"ww") try(require,"ww") package.searchers={function() error("in searcher") end} try(require,"vv") package.searchers={function() return function() error("in loader") end end} try(require,"uu") package.searchers={function(n) return function() package.loaded[n]="own" end,1 end} try(require,"tt") package.searchers=s end
package.preload.pp=function(...)
show("preload",...) return {} end show(select("#",require"pp"))
try(require,"pp") package.loaded.pp=nil show(select(2,require"pp"))
package.preload.bad="x" try(require,"bad") package.preload.bad=nil
do local p=package.preload package.preload={} package.preload.q=function() return 1 end try(require,"q") package.preload=p end
-- a module with errors
local dir=os.tmpname() os.remove(dir)
os.execute("mkdir "..dir) local function clean(...) local r=table.pack(...) for i=1,r.n do if type(r[i])=="string" then r[i]=r[i]:gsub(dir:gsub("%p","%%%0"),"DIR") end end return table.unpack(r,1,r.n) end
local function tryc(f,...) show(clean(pcall(f,...))) end
local function mod(n,t) local f=io.open(dir.."/"..n,"w") f:write(t) f:close() end
package.path=dir.."/?.lua;"..dir.."/?/init.lua" package.cpath=dir.."/?.so;"..dir.."/all.so"
mod("syn.lua","x = = 1")
tryc(require,"syn")
mod("err.lua","error('boom')")
tryc(require,"err")
mod("ret.lua","return ...")
tryc(require,"ret")
mod("nothing.lua","")
tryc(require,"nothing")
mod("fals.lua","return false")
tryc(require,"fals")
tryc(require,"fals")
mod("rec.lua","return require'rec'") 
tryc(require,"gone")
tryc(require,"gone.sub")
os.execute("mkdir "..dir.."/d.lua")
tryc(require,"d")
mod("sh.lua","#!/bin/lua\nreturn 'sh'")
tryc(require,"sh")
tryc(dofile,dir.."/syn.lua")
tryc(loadfile,dir.."/gone.lua")
tryc(dofile,dir.."/err.lua")
tryc(loadfile,dir.."/d.lua")
tryc(dofile,dir.."/d.lua")
os.execute("rm -r "..dir)
_G.require=nil package.loaded.string=nil
