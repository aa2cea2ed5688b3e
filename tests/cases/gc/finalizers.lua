--! gc: once
-- Order and errors of finalizers, warnings, resurrection, weak tables, and the end of the program.
warn("@on")
-- order of finalizers
do
  for i = 1, 5 do setmetatable({}, {__gc = function() io.write(i, " ") end}) end
  collectgarbage() print()
end
-- errors in finalizers
setmetatable({}, {__gc = function() error("oops") end}) collectgarbage()
setmetatable({}, {__gc = function() error({}) end}) collectgarbage()
setmetatable({}, {__gc = function() error(setmetatable({}, {__tostring = function() return "T" end})) end}) collectgarbage()
setmetatable({}, {__gc = function() error() end}) collectgarbage()
setmetatable({}, {__gc = function() local x = nil; x.y = 1 end}) collectgarbage()
setmetatable({}, {__gc = true}) collectgarbage()
setmetatable({}, {__gc = 1}) collectgarbage()
warn("a", "b", "c") warn("@off") warn("hidden") warn("@on") warn("@foo") warn("x\0y") 
print(pcall(warn)) print(pcall(warn, {})) print(pcall(warn, "a", {}))
-- resurrection
local keep
do local o = setmetatable({name = "res"}, {__gc = function(o) keep = o end}) end
collectgarbage() print(keep and keep.name) 
setmetatable(keep, getmetatable(keep)) keep = nil collectgarbage() print(keep and keep.name) keep = nil collectgarbage() print(keep)
-- gc field set later has no effect
do local mt = {} local o = setmetatable({}, mt) mt.__gc = function() print("never") end end collectgarbage()
do local mt = {__gc = true} local o = setmetatable({}, mt) mt.__gc = function() print("later") end end collectgarbage()
-- weak tables
local w = setmetatable({}, {__mode = "k"}) w[{}] = 1 w["s"] = {} w[1] = {} collectgarbage() local n = 0 for k in pairs(w) do n = n + 1 end print(n)
w = setmetatable({}, {__mode = "v"}) w[1] = {} w[2] = "str" w.x = function() return w end w[3] = 3 collectgarbage() n = 0 for k, v in pairs(w) do n = n + 1 end print(n, w[2], w[3])
-- ephemeron
local e = setmetatable({}, {__mode = "k"}) do local k = {} e[k] = {k} local a, b = {}, {} e[a] = b e[b] = a end collectgarbage() print(next(e))
-- resurrected keys in weak tables
local wk, wv = setmetatable({}, {__mode = "k"}), setmetatable({}, {__mode = "v"})
do local o = setmetatable({}, {__gc = function(o) print("wk", wk[o], "wv", wv[1]) end}) wk[o] = "here" wv[1] = o end collectgarbage()
collectgarbage() print(next(wk), next(wv))
-- at the end
setmetatable({}, {__gc = function() print("end 1") end})
END = setmetatable({}, {__gc = function() print("end 2") error("at end") end})
local c <close> = setmetatable({}, {__close = function(_, e) print("closed main", e) end})
local t = setmetatable({}, {__gc = function() print("t last?") setmetatable({}, {__gc = function() print("made while closing") end}) end})
