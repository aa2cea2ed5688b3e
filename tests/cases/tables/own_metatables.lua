-- Objects that each have a metatable of their own, { __index = class }, one of which changes in some
-- way after methods and fields were looked up at the same places.
local function ask(object) return object:name() .. "," .. tostring(object.field) end
local function put(object, value) object.added = value return rawget(object, "added") end

local function new_class(name)
  local class = { field = name .. "'s field" }
  function class:name() return name end
  return class
end
local function new(class) return setmetatable({ x = 1 }, { __index = class }) end

local changes = {}
function changes.index(mt) mt.__index = new_class("other") end
function changes.rawset_index(mt) rawset(mt, "__index", new_class("raw")) end
function changes.index_removed(mt) mt.__index = { name = function() return "reduced" end } end
function changes.index_function(mt) mt.__index = function(_, key) return key == "name" and function() return "computed" end or key end end
function changes.newindex(mt) mt.__newindex = function(t, k, v) rawset(t, k, v * 2) end end
function changes.newindex_table(mt) mt.__newindex = {} end
function changes.newindex_rawset(mt) rawset(mt, "__newindex", function(t, k, v) rawset(t, k, -v) end) end
function changes.dictionary_first(mt) mt[1.5] = true mt.__newindex = function(t, k, v) rawset(t, k, v + 100) end end
function changes.dictionary_index(mt) mt[{}] = true mt.__index = new_class("from dictionary") end
function changes.many_fields(mt)
  for i = 1, 100 do mt["f" .. i] = i end
  mt.__index = new_class("many")
end
function changes.weak(mt, object)
  setmetatable(mt, { __mode = "v" })
  collectgarbage()
  mt.__index = new_class("weak")
  object.kept = mt.__index
end
function changes.own_metatable(mt) setmetatable(mt, { __index = error }) end
function changes.elements(mt) mt[1] = "one" mt[2] = 2 end
function changes.class_method(mt) mt.__index.name = function() return "renamed" end end
function changes.class_field(mt) mt.__index.field = nil end
function changes.class_newindex(mt) mt.__index.__newindex = function() error "not asked" end end
function changes.class_inherits(mt)
  local base = new_class("base")
  mt.__index.name = nil
  setmetatable(mt.__index, { __index = base })
end
function changes.other_metatable(_, object) setmetatable(object, { __index = new_class("second") }) end
function changes.shared_metatable(mt, object) changes.shared = setmetatable({ x = 1 }, mt) mt.__index = new_class("shared") end
function changes.own_field(_, object) object.field = "mine" end
function changes.by_assignment_of_same(mt) mt.__index = mt.__index end
function changes.debug_metatable(_, object) debug.setmetatable(object, { __index = new_class("debug"), __newindex = rawset }) end

local names = {}
for name in pairs(changes) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  local class = new_class(name)
  local objects = {}
  for i = 1, 6 do objects[i] = new(class) end
  for _, object in ipairs(objects) do ask(object) ask(object) end
  for i = 1, 3 do put(new(class), i) end
  changes[name](getmetatable(objects[3]), objects[3])
  local seen = {}
  for i, object in ipairs(objects) do seen[i] = ask(object) end
  for i, object in ipairs(objects) do
    local ok, added = pcall(put, object, i)
    seen[#seen + 1] = tostring(ok and added)
  end
  -- New ones, once something was forgotten.
  local late = new(class)
  seen[#seen + 1] = ask(late) .. tostring(put(late, 7))
  print(name, table.concat(seen, " "))
end
print(ask(changes.shared))

-- Classes of classes, made in the same way.
local Base = new_class("Base")
local Derived = setmetatable({ kind = "derived" }, { __index = Base })
local function make() return setmetatable({}, { __index = Derived }) end
local a, b = make(), make()
print(ask(a), ask(b), a.kind, b.absent)
getmetatable(Derived).__index = new_class("Replaced")
print(ask(a), ask(b), a.kind, b.absent)
Derived.name = function() return "Derived" end
print(ask(a), ask(b))
getmetatable(a).__eq = function() return true end
print(a == b, b == a, make() == make())
getmetatable(b).__len = function() return 42 end
print(#b, #make())
getmetatable(b).__call = function(_, x) return x + 1 end
print(b(1), pcall(make()))
getmetatable(b).__tostring = function() return "b!" end
print(tostring(b), tostring(make()) ~= "b!")
local closed = 0
do
  local c <const> = make()
  getmetatable(c).__close = function() closed = closed + 1 end
  local d <close> = c
end
print(closed)
-- The metatable dies with its object, and the class with all of them.
local watch = setmetatable({}, { __mode = "k" })
do
  local class = new_class("short")
  for i = 1, 100 do
    local object = new(class)
    watch[getmetatable(object)] = true
    ask(object)
  end
  watch[class] = true
end
make = nil
collectgarbage() collectgarbage()
print(next(watch) == nil)
-- __index of itself alone, methods come later.
local Late = {}
Late.__index = Late
local l = setmetatable({}, Late)
print(pcall(ask, l))
function Late:name() return "late" end
Late.field = 1
print(ask(l), ask(setmetatable({}, Late)))
