-- Sites that remember where fields and methods are see every change of what they remember.

-- A method is replaced, removed, shadowed, and comes from another prototype.
local Base = {}
Base.__index = Base
function Base:name() return "Base.name" end
local Derived = setmetatable({}, { __index = Base })
Derived.__index = Derived
local function call(o) return o:name() end
local a, b = setmetatable({}, Derived), setmetatable({}, Derived)
print(call(a), call(b), call(a))
function Base:name() return "second" end
print(call(a), call(b))
function Derived:name() return "Derived.name" end
print(call(a), call(b))
Derived.name = nil
print(call(a))
b.name = function() return "own" end
print(call(a), call(b))
b.name = nil
print(call(b))
setmetatable(Derived, { __index = { name = function() return "elsewhere" end } })
print(call(a), call(b))
rawset(Derived, "name", function() return "raw" end)
print(call(a), call(b))
setmetatable(a, nil)
print(pcall(call, a))

-- Strings have methods, which may change.
local function upper(s) return s:upper() end
print(upper("x"), upper("y"))
string.upper = function(s) return "not " .. s end
print(upper("x"))
function string:twice() return self .. self end
for _ = 1, 2 do print(("ab"):twice()) end
string.twice = nil
print(pcall(function() return ("ab"):twice() end))

-- Values of classes are inherited, absent ones are nil, until that changes.
local Class = { limit = 10 }
Class.__index = Class
local function limit(o) return o.limit, o.missing end
local o = setmetatable({}, Class)
local p = setmetatable({}, Class)
for _ = 1, 3 do print(limit(o)) end
Class.limit = 11
print(limit(p))
Class.missing = "found"
print(limit(o))
o.limit = 12
print(limit(o))
o.limit = nil
print(limit(o))
Class.limit = nil
print(limit(o))
-- The prototype becomes a dictionary.
for i = 1, 100 do Class["field" .. i] = i end
Class.limit = 13
print(limit(o))
Class[0.5] = true
print(limit(o))

-- New fields: in line once a site knows the shape; not past a __newindex that comes later.
local function fill(t, v) t.x = v t.y = v t.x = nil t.z = v return t end
local log = {}
local Logged = {}
for i = 1, 6 do
  if i == 4 then
    Logged.__newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end
  end
  local t = fill(setmetatable({}, Logged), i)
  print(i, t.x, t.y, t.z, table.concat(log, " "))
end
local function put(t, v) t.v = v return t.v end
local t, u = {}, {}
print(put(t, 1), put(t, nil), put(t, 2), put(u, nil), next(u), put(u, 3), next(u))
setmetatable(u, { __newindex = function(_, k, v) print("new", k, v) end })
print(put(u, nil), put(u, 4), rawget(u, "v"))

-- More fields than fit inside, and tables of many shapes at one site.
local function get(t) return t.k end
local shapes = {}
for i = 1, 12 do
  local t = {}
  for j = 1, i do t["f" .. j] = j end
  t.k = i
  shapes[i] = t
end
local sum = 0
for _ = 1, 3 do
  for i = 1, #shapes do sum = sum + get(shapes[i]) end
end
print(sum)
shapes[3].k = nil
print(get(shapes[3]), get(shapes[4]))

-- A weak class lets go of its functions.
local Weak = setmetatable({}, { __mode = "v" })
Weak.__index = Weak
local kept = { (function() local n = 0 return function() n = n + 1 return n end end)() }
Weak.method = kept[1]
local w = setmetatable({}, Weak)
print(w:method())
kept[1] = nil
collectgarbage()
collectgarbage()
print(pcall(function() return w:method() end))

-- A class that is made again and again, each instance's shape with it.
local total = 0
for i = 1, 200 do
  local C = {}
  C.__index = C
  function C:get() return self.value + i end
  local x, y = setmetatable({ value = 1 }, C), setmetatable({ value = 2 }, C)
  total = total + x:get() + y:get()
  if i % 50 == 0 then collectgarbage() end
end
print(total)

-- Both kinds of number, either way round.
local function sum2(x, y) return x + y, x - y, x * y, x / y end
print(sum2(1, 2), sum2(1.5, 2), sum2(1, 2.5))
print(sum2(1, 2.5), sum2(math.maxinteger, 1.0))
