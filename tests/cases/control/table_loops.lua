-- Loops over tables, whose steps compiled code makes in line: what bodies do to the table, to its
-- metatable and to the iterator, and what the iterators say about what is no table.
local function show(...) print(...) end

-- Elements of every kind of array.
for _, list in ipairs { { 1, 2, 3 }, { 0.5, 1.5 }, { "a", "b" }, { {}, {} }, { 1, "x", 2.5, true, nil, 6 } } do
  local line = {}
  for i, v in ipairs(list) do line[#line + 1] = i .. ":" .. (type(v) == "table" and "t" or tostring(v)) end
  show(table.concat(line, " "))
  local count = 0
  for k, v in pairs(list) do count = count + k end
  show(count)
end

-- Growth, shrinking and changes of the array in the body.
local t = { 1, 2, 3 }
for i, v in ipairs(t) do if i < 6 then t[i + 3] = v * 10 end end
show(#t, t[4], t[8])
for i, v in ipairs(t) do if i == 3 then for j = #t, 4, -1 do t[j] = nil end end show(i, v) end
for i, v in ipairs(t) do t[i] = nil show(i, v) end
t = { 1, 2, 3, 4 }
for i, v in ipairs(t) do t[i + 1] = tostring(v) show(i, v, math.type(v)) if i > 2 then break end end
for k, v in pairs(t) do t[k] = nil end
show(next(t), #t)

-- A metatable set in the body, and one that comes into play behind the array.
t = { 1, 2 }
for i, v in ipairs(t) do
  if i == 2 then setmetatable(t, { __index = function(_, k) if k < 5 then return k * 100 end end }) end
  show(i, v)
end
for i, v in ipairs(setmetatable({}, { __index = { "x", "y" } })) do show(i, v) end
for i, v in ipairs("abc") do show(i, v) end

-- Fields: changed, removed, met again; keys of all types.
t = { a = 1, b = 2, c = 3, [1] = "one", [2.5] = "f", [true] = "b", [0] = "zero", [-1] = "m" }
local seen = {}
for k, v in pairs(t) do seen[#seen + 1] = tostring(k) .. "=" .. tostring(v) t[k] = nil end
table.sort(seen)
show(table.concat(seen, " "), next(t))
t = { [0] = "zero", "one", "two" }
local order = {}
for k, v in next, t do order[#order + 1] = k .. v end
table.sort(order)
show(table.concat(order, " "))
-- From the key 0 on, which is a field.
local k, steps = 0, 0
for k2 in next, t, 0 do steps = steps + 1 end
show(steps < 3)
for i, v in next, { 10, 20, 30 }, 1 do show(i, v) end

-- Removal and collection in the middle of a traversal.
t = {}
for i = 1, 200 do t["k" .. i] = i t[{}] = i end
local sum = 0
for k, v in pairs(t) do
  sum, t[k] = sum + v, nil
  if v % 50 == 0 then collectgarbage() end
end
show(sum, next(t))

-- Two traversals of one table, one inside the other, and in turns.
t = { x = 1, y = 2, z = 3, 4, 5 }
local pairs_of = 0
for k1, v1 in pairs(t) do for k2, v2 in pairs(t) do pairs_of = pairs_of + v1 * v2 end end
show(pairs_of)
local function turns(t) return coroutine.wrap(function() for k, v in pairs(t) do coroutine.yield(v) end end) end
local a, b = turns(t), turns(t)
sum = 0
for _ = 1, 5 do sum = sum + a() * b() end
show(sum == 1 + 4 + 9 + 16 + 25)

-- The loop ends early, goes on, leaves closures behind.
local fs = {}
for i, v in ipairs { 5, 6, 7, 8 } do
  if i == 2 then goto continue end
  fs[#fs + 1] = function() v = v + i return v end
  if i == 3 then break end
  ::continue::
end
show(#fs, fs[1](), fs[1](), fs[2](), fs[2]())

-- One variable, three variables, none that is read.
sum = 0
for i in ipairs { "a", "b" } do sum = sum + i end
for i, v, w in ipairs { "a" } do show(i, v, w) end
for i, v, w in pairs { a = "b" } do show(i, v, w) end
for _ in pairs { 1, 2, x = 3 } do sum = sum + 1 end
show(sum)

-- Control values that a body assigns to do not change the loop.
for i, v in ipairs { 1, 2, 3 } do local old = i i = 10 show(old, i, v) end

-- Iterators that are exchanged.
local step, list = ipairs {}
show(step(list, 0))
for i, v in step, { "p", "q" }, 0 do show(i, v) end
for i, v in step, { "p", "q", "r" }, 1 do show(i, v) end
local calls = 0
local function wrapped(t, i) calls = calls + 1 return step(t, i) end
for i, v in wrapped, { "p", "q" }, 0 do show(i, v) end
show(calls)
show(pcall(function() for i, v in ipairs() do end end))
show(pcall(function() for i, v in ipairs(nil) do end end))
show(pcall(function() for i, v in pairs(nil) do end end))
show(pcall(function() for i, v in next, 5 do end end))
show(pcall(function() for i, v in next, {}, "nokey" do end end))
show(pcall(function() for i, v in next, { 1, 2 }, 7 do end end))
show(pcall(function() for i, v in step, { 1 }, "x" do end end))
show(pcall(function() for i, v in step, 5, 0 do end end))
show(pcall(function() for i, v in nil do end end))
show(pcall(function() for i, v in {} do end end))
show(pcall(function() for i, v in 5, {}, 0 do end end))

-- The fourth value is closed, be it something or nothing.
local function closing(name) return setmetatable({}, { __close = function() show("closed", name) end }) end
for i, v in step, { "p", "q" }, 0, closing("a") do show(i, v) end
for i, v in step, { "p", "q" }, 0, closing("b") do break end
for i, v in step, { "p" }, 0, false do show(i, v) end
show(pcall(function() for i, v in step, { "p" }, 0, {} do end end))
show(pcall(function() for i, v in step, { "p" }, 0, closing("c") do error("x", 0) end end))
local function deep(n)
  if n == 0 then return 0 end
  for _, v in ipairs { n } do return v + deep(n - 1) end
end
show(deep(40))
local meta = setmetatable({}, { __pairs = function(t) return function(_, k) if not k then return 1, 2 end end, t, nil, closing("d") end })
for k, v in pairs(meta) do show(k, v) end

-- The end of a loop: elements that lie in a dictionary, behind nil, in a metatable that comes late.
local far = { n = 1 }
for i = 3, 1, -1 do far[i] = i * 2 end
for k, v in pairs { "a", 2.5, false } do far[v] = k end
for i, v in ipairs(far) do show(i, v) end
local late = { 1, 2 }
for i, v in ipairs(late) do
  if i == 2 then setmetatable(late, { __index = function(_, i) return i < 4 and "late" or nil end }) end
  show(i, v)
end
for i, v in step, { "p", nil, "r" }, math.maxinteger do show(i, v) end
for i, v in step, { "p", nil, "r" }, 2 do show(i, v) end
for i, v in step, { x = 1 }, 0 do show(i, v) end
for i, v in step, { [math.mininteger] = "least" }, math.maxinteger do show(i, v) break end
