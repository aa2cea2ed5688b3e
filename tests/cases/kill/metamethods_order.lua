-- Which metamethod is chosen, with which operands, and how often.
local function mark(name)
  local mt = {}
  for _, e in ipairs { "add", "concat", "eq", "lt", "le", "unm", "len", "call", "index", "idiv", "band" } do
    mt["__" .. e] = function(a, b, ...)
      local function n(v) return type(v) == "table" and v.name or tostring(v) end
      print(name .. " " .. e, a and n(a), n(b), ...)
      return name
    end
  end
  return mt
end
local function new(name)
  local o = { name = name }
  return setmetatable(o, mark(name))
end
local a, b = new "a", new "b"
print(a + b, b + a, a + 1, 1 + a)
print(a .. b, a .. "s", "s" .. b, 1 .. a)
print(a == b, a ~= b, a == 1, 1 == a)
print(a < b, a > b, a <= b, a >= b, a < 1, 1 < a)
print(-a, #a, a(1, 2), a.missing, a // b, a & 1)
-- __eq is not asked for the same object or for different types; rawequal values come first.
print(a == a, a == "a", a == nil)
-- Tables as __index and __newindex, and inheritance through several levels.
local base = { x = 1, shared = "base" }
local middle = setmetatable({ y = 2 }, { __index = base })
local leaf = setmetatable({ z = 3 }, { __index = middle })
print(leaf.x, leaf.y, leaf.z, leaf.w, leaf.shared)
base.shared = nil
middle.shared = "middle"
print(leaf.shared)
leaf.shared = "leaf"
print(leaf.shared, middle.shared)
-- A metatable that changes while in use.
local mt = {}
local o = setmetatable({}, mt)
print(pcall(function() return o + 1 end))
mt.__add = function() return "added" end
print(o + 1)
mt.__add = nil
print(pcall(function() return o + 1 end))
setmetatable(o, nil)
print(getmetatable(o))
-- __metatable protects.
o = setmetatable({}, { __metatable = "locked" })
print(getmetatable(o), pcall(setmetatable, o, {}))
-- __tostring and __name.
print(tostring(setmetatable({}, { __tostring = function() return "text" end })))
print(pcall(tostring, setmetatable({}, { __tostring = function() return 1 end })))
-- __call through several levels.
local inner = setmetatable({}, { __call = function(self, ...) return "inner", select("#", ...), ... end })
local outer = setmetatable({}, { __call = inner })
local function second(...) return select(2, ...) end
print(second(inner(1)))
print(select("#", outer(1)))
