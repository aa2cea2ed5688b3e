-- Closures share variables, not values; each turn of a loop and each block entry makes new ones.
local function counter()
  local n = 0
  return function() n = n + 1 return n end, function() return n end
end
local inc1, get1 = counter()
local inc2, get2 = counter()
inc1() inc1() inc2()
print(get1(), get2())

local fs = {}
for i = 1, 3 do
  local j = i * 10
  fs[#fs + 1] = function() j = j + 1 return i, j end
end
for _, f in ipairs(fs) do print(f()) end
for _, f in ipairs(fs) do print(f()) end

fs = {}
local i = 0
while i < 3 do
  i = i + 1
  local k = i
  fs[i] = { get = function() return k end, set = function(v) k = v end }
end
fs[2].set("changed")
print(fs[1].get(), fs[2].get(), fs[3].get(), i)

fs = {}
i = 0
repeat
  local k = i
  i = i + 1
  fs[i] = function() return k end
until k >= 2
print(fs[1](), fs[2](), fs[3]())

for k, v in pairs { x = 1 } do fs[1] = function() return k, v end end
print(fs[1]())

-- A goto back makes a new variable too.
fs = {}
do
  local n = 0
  ::again::
  local mine = n
  fs[#fs + 1] = function() mine = mine + 100 return mine end
  n = n + 1
  if n < 3 then goto again end
end
print(fs[1](), fs[1](), fs[2](), fs[3]())

-- Through several levels, with parameters, and assigned by the outer function later.
local function outer(p)
  local a = 1
  local function middle()
    local b = 2
    return function(c)
      a, b, p = a + 1, b + 1, p + c
      return a, b, p
    end
  end
  local f, g = middle(), middle()
  a = 10
  return f, g
end
local f, g = outer(100)
print(f(1)) print(g(2)) print(f(3))

-- A local function sees itself; a local variable's initial value does not.
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end
print(fact(10))
local x = "outer"
local x = function() return x end
print(x())
-- Variables of a vararg function's parameter and of the for loop can be assigned.
local function assign(a, ...) local get = function() return a end a = a .. "!" return get(), ... end
print(assign("p", 1, 2))
for n = 1, 3 do local old = n n = n * 10 fs[old] = function() n = n + 1 return n end end
print(fs[1](), fs[1](), fs[2]())
