-- Functions that do little, so that the call is what counts: math, select, os, coroutine, basic ones.
--! category: library
--! luajit: no, it has no `//`
--! gc: once
--! args: 100

local count = tonumber(arg[1]) or 400000

local sum = 0.0
do
  local floor, ceil, sqrt, sin, cos, exp, log, abs =
    math.floor, math.ceil, math.sqrt, math.sin, math.cos, math.exp, math.log, math.abs
  local max, min, fmod, modf, tointeger, kind =
    math.max, math.min, math.fmod, math.modf, math.tointeger, math.type
  for i = 1, count do
    local x = i + 0.5
    local whole, fraction = modf(x)
    sum = sum + floor(x) + ceil(x) + sqrt(x) // 1 + abs(-x) + whole + fraction
    sum = sum + max(i, 10, 5) + min(x, 10) + fmod(i, 7) + fmod(x, 7) + tointeger(3.0)
    if kind(i) == "integer" then sum = sum + 1 end
    -- Rounded, as the last bit is the C library's.
    sum = sum + (sin(x) + cos(x) + exp(-x) + log(x)) * 1000 // 1 + x ^ 0.5 // 1
  end
end
do
  local select, type, rawget, rawlen, rawequal, next, tonumber, assert =
    select, type, rawget, rawlen, rawequal, next, tonumber, assert
  local list = { 1, 2, 3, name = "list" }
  for i = 1, count do
    sum = sum + select("#", i, i, i) + select(2, i, 5, i) + select(-1, i, 7)
    if type(i) == "number" and rawequal(list, list) and next(list) == 1 then
      sum = sum + rawlen(list) + #rawget(list, "name") + tonumber("12") + assert(i)
    end
  end
end
do
  local time, date, getenv, clock = os.time, os.date, os.getenv, os.clock
  local started = clock()
  for i = 1, count // 50 do
    sum = sum + #date("!%Y-%m-%d %H:%M:%S", i * 86400) + date("!*t", i * 86400).year
    sum = sum + #tostring(time()) // 100 + (getenv("PERILUNE_NO_SUCH_VARIABLE") and 1 or 0)
    if clock() < started then sum = sum + 1 end
  end
end
do
  local create, status, running, isyieldable =
    coroutine.create, coroutine.status, coroutine.running, coroutine.isyieldable
  local co = create(print)
  for _ = 1, count do
    if status(co) == "suspended" and not isyieldable() then
      local _, main = running()
      sum = sum + (main and 1 or 0)
    end
  end
end
print(("%.1f"):format(sum))
