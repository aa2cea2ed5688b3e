-- Dynamic values of every type stay alive across calls and in every place that can hold them,
-- while collections happen.
local function id(...) return ... end
local function churn(n)
  local t
  for i = 1, n do t = { i, { i } } end
  collectgarbage()
  return t
end
local function new(i) return { value = i } end

-- Locals of unknown type live across a call.
local function live(a, b, c, d, e)
  churn(3)
  local x, y = id(a, b)
  churn(3)
  return x, y, c, d, e
end
local f = function() return "function" end
local co = coroutine.create(function() end)
for round = 1, 3 do
  local a, b, c, d, e = live(new(round), "s" .. round, round + 0.5, f, co)
  print(a.value, b, c, d(), e == co)
end

-- Temporaries of an expression and pending arguments.
print(new(1).value + (churn(2) and new(2).value) * new(3).value)
print("a" .. 1 .. id("b") .. (churn(2) and "c") .. tostring(2.5))
print(id(new(1), churn(1), new(3)).value)
print(select("#", id(nil, churn(1), nil)))

-- A variable that holds a pointer, then a number, then a pointer.
local v = new(7)
for i = 1, 6 do
  if i % 2 == 0 then v = { value = i } else v = i end
  churn(1)
  print(type(v) == "table" and v.value or v)
end

-- Upvalues, shared and reassigned.
local function counter()
  local n = { 0 }
  return function() n = { n[1] + 1 } churn(1) return n[1] end, function() return n end
end
local inc, get = counter()
inc() inc() churn(2)
print(inc(), get()[1])

-- Varargs, kept while the function calls.
local function va(...)
  churn(2)
  local t = { ... }
  churn(2)
  local a, b = ...
  return a[1], b, #t, (select(3, ...))[1]
end
print(va({ "first" }, "x" .. 1, { "third" }))

-- Table contents while it grows, in array, hash and with table keys.
local t, keys = {}, {}
for i = 1, 40 do
  t[i] = { i }
  t["k" .. i] = "v" .. i
  local k = { i }
  keys[i] = k
  t[k] = { -i }
  if i % 10 == 0 then churn(1) end
end
local sum = 0
for i = 1, 40 do sum = sum + t[i][1] + t[keys[i]][1] * 2 end
print(sum, t.k1, t.k40)

-- A suspended coroutine's locals, and values on their way through yield.
local gen = coroutine.wrap(function(p)
  local mine = { "mine" }
  while true do
    local got = coroutine.yield(p, mine)
    churn(2)
    mine = { mine[1] .. got[1] }
    p = got
  end
end)
local p, mine = gen({ "start" })
churn(2)
p, mine = gen({ "+1" })
churn(2)
print(p[1], mine[1])
p, mine = gen({ "+2" })
print(p[1], mine[1])

-- An error value crosses collections.
local ok, e = pcall(function()
  local guard <close> = setmetatable({}, { __close = function() churn(3) end })
  error({ "error" .. 1 })
end)
churn(2)
print(ok, e[1])
-- Results of a call that are spread into another.
local function three() churn(1) return { 1 }, { 2 }, { 3 } end
local function sum3(a, b, c) churn(1) return a[1] + b[1] + c[1] end
print(sum3(three()), (three())[1])
local all = { three(), three() }
print(#all, all[4][1])
