-- Calls with up to 12 arguments of fresh objects, with collections between: arguments that wait
-- in buffers are roots.
local function churn() local t = {} for i = 1, 5 do t[i] = { i } end return t end
local function make(i) churn() return { i } end
local function sum(...)
  churn()
  local s, t = 0, { ... }
  churn()
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    s = s + v[1] + t[i][1]
  end
  return s
end
local function list(n) if n == 0 then return end return make(n), list(n - 1) end
for n = 0, 12 do print(n, sum(list(n))) end
local function fixed(a, b, c, d, e, f, g, h) churn() return a[1] + b[1] + c[1] + d[1] + e[1] + f[1] + g[1] + h[1] end
print(fixed(make(1), make(2), make(3), make(4), make(5), make(6), make(7), make(8)))
local function results() churn() return make(1), make(2), make(3), make(4), make(5), make(6) end
local a, b, c, d, e, f = results()
churn()
print(a[1], b[1], c[1], d[1], e[1], f[1])
print(coroutine.wrap(function(...) churn() return sum(coroutine.yield(sum(...))) end)(list(10)))
print(pcall(sum, list(11)))
