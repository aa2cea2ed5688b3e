-- Hooks that look at local variables while coroutines begin, yield and end; each coroutine keeps its
-- own step. Frames of suspended coroutines can be looked at and changed.

local function locals(thread, level)
  local found = {}
  local i = 1
  while true do
    local name, value = debug.getlocal(thread, level, i)
    if not name then break end
    -- What is no variable may be nil.
    if name:sub(1, 1) ~= "(" then
      found[#found + 1] = name .. "=" .. (type(value) == "function" and "f" or value)
    end
    i = i + 1
  end
  i = -1
  while true do
    local name, value = debug.getlocal(thread, level, i)
    if not name then break end
    found[#found + 1] = name .. value
    i = i - 1
  end
  return table.concat(found, " ")
end

-- All events, with everything looked at.
local seen = 0
local function look(event)
  local i = 1
  while debug.getlocal(2, i) do i = i + 1 end
  i = -1
  while debug.getlocal(2, i) do i = i - 1 end
  debug.getinfo(2, "nSltufr")
  seen = seen + 1
end
local function body(...)
  local first, rest = ..., {select(2, ...)}
  for i = 1, 3 do
    local given = coroutine.yield({i}, i .. "!", first)
    rest[#rest + 1] = given
  end
  return table.concat(rest, ",")
end
for _, mask in ipairs{"crl", "r", "c", "l"} do
  local co = coroutine.create(function(...) debug.sethook(look, mask, 2) return body(...) end)
  print(select(3, coroutine.resume(co, "a", "b", "c")))
  for i = 1, 3 do
    local ok, what, text = coroutine.resume(co, "x" .. i)
    print(ok, type(what), text)
  end
  debug.sethook(look, mask)
  local sum = 0
  for a, b in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, i / 2) end end) do
    sum = sum + a * b
  end
  debug.sethook()
  print(mask, sum, seen > 0)
end

-- Lines of several coroutines.
local lines, start = {}, debug.getinfo(1, "l").currentline
local function note(_, line) lines[#lines + 1] = line - start end
local co = coroutine.wrap(function()
  debug.sethook(note, "l")
  local a = 1
  coroutine.yield(a)
  local b = 2
  coroutine.yield(b)
  debug.sethook()
end)
co() lines[#lines + 1] = "|" co() lines[#lines + 1] = "|" co()
print(table.concat(lines, " "))

-- Suspended coroutines, in the middle of calls.
local function inner(x, ...)
  local y = x * 2
  local function get() return y end
  local z = coroutine.yield(get)
  return x, y, z, get(), ...
end
local thread = coroutine.create(function(p)
  local q = {p}
  return "results", q[1], inner(p + 1, "v", "w")
end)
local _, get = coroutine.resume(thread, 10)
print(locals(thread, 1))
print(debug.setlocal(thread, 1, 1, "changed"), debug.setlocal(thread, 1, 2, "captured"))
print(debug.setlocal(thread, 1, -2, "surplus"), debug.setlocal(thread, 1, -3, "none"))
print(debug.getlocal(thread, 2, 1))
print(get())
collectgarbage()
print(locals(thread, 1))
print(coroutine.resume(thread, "given"))
print(pcall(debug.getlocal, thread, 1, 1))
