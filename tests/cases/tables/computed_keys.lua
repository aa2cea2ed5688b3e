-- Reads and stores by keys that are known when the program runs only: of every type, in tables of every
-- form, with and without metatables.
local function get(t, k) return t[k] end
local function set(t, k, v) t[k] = v end
local function show(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  print(table.concat(parts, " "))
end

local keys = { "name", "x", 1, 2, 0, -1, 1.5, 2.0, 2 ^ 53, true, false, print, ("long"):rep(20), math.huge, 1 << 40 }
local function fill(t) for i, k in ipairs(keys) do set(t, k, i) end return t end
local function all(t) local seen = {} for i, k in ipairs(keys) do seen[i] = tostring(get(t, k)) end print(table.concat(seen, " ")) end

local forms = {
  empty = function() return {} end,
  fields = function() return { x = "x", y = 2, name = "n" } end,
  array = function() return { "a", "b", "c" } end,
  ints = function() return { 10, 20, 30 } end,
  holes = function() return { nil, 2, nil, 4 } end,
  zero = function() return { [0] = "zero", "one" } end,
  dictionary = function() local t = {} for i = 1, 100 do t["k" .. i] = i end return t end,
  mixed = function() return { 1, 2, x = 3, [-1] = 4, [1.5] = 5 } end,
}
local names = {}
for name in pairs(forms) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do
  print(name)
  local t = forms[name]()
  all(t)
  all(fill(t))
  all(fill(t))
  for i, k in ipairs(keys) do if i % 2 == 0 then set(t, k, nil) end end
  all(t)
  all(fill(t))
end

-- Metatables are asked for what is absent only.
local log = {}
local proxy = setmetatable({ here = 1, [7] = "seven" }, {
  __index = function(_, k) log[#log + 1] = "get " .. tostring(k) return k end,
  __newindex = function(t, k, v) log[#log + 1] = "set " .. tostring(k) rawset(t, k, v) end,
})
for _, k in ipairs { "here", "gone", 7, 8, 1.5, true } do show(get(proxy, k)) set(proxy, k, k) show(get(proxy, k)) end
for _, k in ipairs { "here", 7, true } do set(proxy, k, nil) show(get(proxy, k)) set(proxy, k, 2) end
print(table.concat(log, ", "))
local chain = setmetatable({}, { __index = setmetatable({ a = 1, [5] = "five" }, { __index = { b = 2, [0] = "zero" } }) })
for _, k in ipairs { "a", "b", "c", 5, 0, 6 } do show(get(chain, k)) end

-- Classes that change by computed keys while methods are cached.
local class = { greet = function() return "hello" end, [1] = "element" }
class.__index = class
local object = setmetatable({}, class)
for _, text in ipairs { "one", "two" } do
  show(object:greet(), get(object, "greet") == class.greet, get(object, 1))
  set(class, "greet", function() return text end)
  show(object:greet())
  set(class, "__index", function(_, k) return k end)
  show(get(object, "other"), object.other)
  set(class, "__index", class)
end

-- Globals, by their names.
local env = _G
answer = 42
set(env, "answer", 43) show(answer, get(env, "answer"))
set(env, "fresh", 1) show(fresh) set(env, "fresh", nil) show(fresh, get(env, "fresh"))
fresh = 2 show(get(env, "fresh"))

-- Old tables get young values.
local old = { field = false, [0] = false, [true] = false }
for i = 1, 100 do old["k" .. i] = false end
collectgarbage() collectgarbage()
for round = 1, 3 do
  for _, k in ipairs { "field", 0, true, "k50" } do set(old, k, { round }) end
  for i = 1, 2000 do local garbage = { i, tostring(i) } end
  collectgarbage("step")
  show(old.field[1], old[0][1], old[true][1], old.k50[1])
end

-- Errors name what they concern.
print(pcall(get, nil, "x"))
print(pcall(set, nil, "x", 1))
print(pcall(set, {}, nil, 1))
print(pcall(set, {}, 0 / 0, 1))
print(pcall(get, {}, nil))
print(pcall(get, {}, 0 / 0))
local s = "text"
show(get(s, "len") == string.len, get(s, 1), pcall(set, s, "x", 1))
