-- Calls that return 0 to 300 values, taken in every way.
--! gc: once, as it makes some hundred thousand values (varargs_few has it with collections)
local bad = 0
local function check(ok, what, n) if not ok then bad = bad + 1 print("wrong", what, n) end end
local function give(n, ...)
  -- Builds the results one call at a time.
  if n == 0 then return ... end
  return give(n - 1, n, ...)
end
local function pass(...) return ... end
for n = 0, 300 do
  check(select("#", give(n)) == n, "count", n)
  local a, b, c, d = give(n)
  check(a == (n >= 1 and 1 or nil) and b == (n >= 2 and 2 or nil) and d == (n >= 4 and 4 or nil), "assign", n)
  local t = { give(n) }
  check(#t == n and t[n] == (n > 0 and n or nil), "constructor", n)
  check(select("#", pass(give(n))) == n, "pass", n)
  local u = { give(n), give(n) }
  check(u[n + 1] == (n > 0 and n or nil), "two", n)
  check((select("#", pcall(give, n))) == n + 1, "pcall", n)
  check(select("#", coroutine.wrap(give)(n)) == n, "coroutine", n)
  local co = coroutine.wrap(function() return coroutine.yield(give(n)) end)
  check(select("#", co()) == n, "yield", n)
  check(select("#", co(give(n))) == n, "resume", n)
  local object = setmetatable({}, { __call = function(_, ...) return ... end, __index = function(_, k) return give(k) end })
  check(select("#", object(give(n))) == n, "__call", n)
  check(select("#", object[n]) == 1, "__index", n)
  -- With a to-be-closed variable on the way out.
  local function closing()
    local x <close> = setmetatable({}, { __close = function() return give(7) end })
    return give(n)
  end
  local v = { closing() }
  check(#v == n and v[n] == (n > 0 and n or nil), "close", n)
  local count = 0
  for i in pairs({ give(n) }) do count = count + 1 end
  check(count == n, "pairs", n)
end
print("bad", bad)
local function none() end
print(none())
print((none()))
print(none(), none())
print(1, none())
print(({ none() })[1], #{ none(), none() })
local x, y = none(), 1
print(x, y)
