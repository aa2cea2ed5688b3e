-- What `debug.getinfo` says, option by option.

local keys = {"source", "short_src", "what", "currentline", "linedefined", "lastlinedefined",
  "nups", "nparams", "isvararg", "name", "namewhat", "istailcall", "ftransfer", "ntransfer", "func",
  "activelines"}
local function show(info)
  local out = {}
  for _, key in ipairs(keys) do
    local value = info[key]
    if key == "activelines" and value then
      local lines = {}
      for line in pairs(value) do lines[#lines + 1] = line end
      table.sort(lines)
      value = "{" .. table.concat(lines, " ") .. "}"
    elseif type(value) == "function" then
      value = "function"
    end
    if value ~= nil then out[#out + 1] = key .. "=" .. tostring(value) end
  end
  print(table.concat(out, " "))
end

local up = 1
local function f(a, b, ...)
  -- nothing here
  local x = a

  show(debug.getinfo(1))
  show(debug.getinfo(1, "L"))
  return x, up
end
f(1)
for option in ("SlnrutLf"):gmatch "." do
  show(debug.getinfo(f, option))
  show(debug.getinfo(print, option))
  show(debug.getinfo(1, option))
end
show(debug.getinfo(f, ""))
print(debug.getinfo(100), debug.getinfo(-1))
for _, option in ipairs {"X", ">", ">S", "SX", "\0", "S\0X"} do
  local ok, found = pcall(debug.getinfo, 1, option)
  print(ok, type(found) == "table" and "table" or found)
end
print(pcall(debug.getinfo, {}))
print(pcall(debug.getinfo))
print(pcall(debug.getinfo, coroutine.create(f), f, "?"))

-- Lines on which something happens.
local function lines(source)
  show(debug.getinfo(load(source), "L"))
end
lines("")
lines("\n\nreturn 1")
lines("local a = 1\n\nlocal b\n\n\nif a then\n b = 2\nelse\n b = 3\nend\n")
lines("for i = 1, 2 do\n\n  print(i)\n\nend")
lines("for k in pairs{} do\n\n  print(k)\n\nend")
lines("while true do\n\n\nend\nlocal never = 1")
lines("do return 1 end\nlocal never = 2")
show(debug.getinfo(function(a, b) end, "L"))
show(debug.getinfo(function(...) end, "L"))
show(debug.getinfo(function()

end, "L"))

-- Names.
local function who()
  local info = debug.getinfo(2, "nt")
  return tostring(info.name) .. " " .. info.namewhat .. " " .. tostring(info.istailcall)
end
local t = {field = function() return (who()) end}
function t:method() return (who()) end
local function plain() return (who()) end
function Global() return (who()) end
local function tail() return plain() end
print(t.field(), t:method(), plain(), Global(), tail(), (tail()))
print((function() return (who()) end)())
local meta = setmetatable({}, {__index = function() return (who()) end, __unm = plain,
  __call = plain, __close = function() print(who()) end})
print(meta.x, -meta, meta())
do local c <close> = meta end
for v in function(_, i) if not i then return (who()) end end do print(v) end
print(select(2, pcall(function() return (who()) end)))
do
  local name
  setmetatable({}, {__gc = function() name = who() end})
  repeat collectgarbage() until name
  print(name)
end

-- Threads.
local co = coroutine.create(function(x) coroutine.yield(x) end)
print(debug.getinfo(co, 0), debug.getinfo(co, 1))
coroutine.resume(co)
show(debug.getinfo(co, 0))
show(debug.getinfo(co, 1))
print(debug.getinfo(co, 2))
