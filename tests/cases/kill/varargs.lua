-- Calls with 0 to 300 arguments, to fixed and variable parameters.
--! gc: once, as it makes some hundred thousand values (varargs_few has it with collections)
local function count(...) return select("#", ...) end
local function ends(...)
  local n = select("#", ...)
  if n == 0 then return nil, nil end
  return (...), (select(n, ...))
end
local function fixed(a, b, c, d, e) return a, b, c, d, e end
local function after(a, b, ...) return a, b, select("#", ...), (...) end
local function pack(...) return { n = select("#", ...), ... } end
local function list(n, f)
  local t = {}
  for i = 1, n do t[i] = f and f(i) or i end
  return table.unpack(t, 1, n)
end

local bad = 0
local function check(ok, what, n) if not ok then bad = bad + 1 print("wrong", what, n) end end
for n = 0, 300 do
  check(count(list(n)) == n, "count", n)
  local first, last = ends(list(n))
  if n > 0 then check(first == 1 and last == n, "ends", n) end
  local a, b, c, d, e = fixed(list(n))
  check(a == (n >= 1 and 1 or nil) and e == (n >= 5 and 5 or nil) and c == (n >= 3 and 3 or nil), "fixed", n)
  local x, y, rest, z = after(list(n))
  check(rest == (n > 2 and n - 2 or 0) and z == (n > 2 and 3 or nil), "after", n)
  local t = pack(list(n))
  check(t.n == n, "pack", n)
  local sum = 0
  for i = 1, n do sum = sum + t[i] end
  check(sum == n * (n + 1) // 2, "sum", n)
  -- Behind other values, in a constructor, and cut to one.
  check(count("x", "y", list(n)) == n + 2, "behind", n)
  check(#{ "x", list(n) } == n + 1, "constructor", n)
  check(count((list(n))) == 1, "cut", n)
  check(count(list(n), "z") == 2, "in front", n)
  -- Through another vararg function, a method and pcall.
  local function through(...) return count(...) end
  check(through(list(n)) == n, "through", n)
  local object = { m = function(self, ...) return select("#", ...) end }
  check(object:m(list(n)) == n, "method", n)
  local ok, got = pcall(count, list(n))
  check(ok and got == n, "pcall", n)
  -- Mixed types.
  local s, v = ends(list(n, function(i) return i % 3 == 0 and "s" .. i or i + 0.5 end))
  if n > 0 then check(s == 1.5 and v == (n % 3 == 0 and "s" .. n or n + 0.5), "mixed", n) end
end
print("bad", bad)
print(fixed())
print(after(1))
print(count(), count(nil), count(nil, nil))
print((function(...) local a, b = ... return b, a end)(1, 2, 3))
print(select(-1, 1, 2, 3), select(-2, 1, 2, 3))
print(pcall(select, 0))
print(pcall(select, -4, 1, 2, 3))
