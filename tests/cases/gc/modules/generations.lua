-- Old objects get young ones in every way there is, and what was stored is still there after what
-- came later was collected.
local garbage

local function churn()
  local last
  for i = 1, garbage do
    last = { i, { "g" .. i % 50 } }
  end
  return last
end

local function young(i) return { value = i, name = "young" .. i } end

local function is_young(t, i) return t.value == i and t.name == "young" .. i end

local function old(make)
  local object = make()
  churn()
  collectgarbage()
  churn()
  return object
end

local checks = {}

function checks.element_of_tables()
  local t = old(function() return { {}, {}, {} } end)
  t[2] = young(1)
  churn()
  return is_young(t[2], 1)
end

function checks.element_of_strings()
  local t = old(function() return { "a", "b" } end)
  t[1] = "made " .. #t
  t[3] = "more " .. #t
  churn()
  return t[1] == "made 2" and t[3] == "more 2"
end

function checks.element_of_any()
  local t = old(function() return { 1, "x", false } end)
  t[3] = young(2)
  churn()
  return is_young(t[3], 2)
end

function checks.appended()
  local t = old(function() return {} end)
  for i = 1, 40 do t[#t + 1] = young(i) end
  churn()
  for i = 1, 40 do if not is_young(t[i], i) then return false end end
  return true
end

function checks.inserted_and_sorted()
  local t = old(function() return {} end)
  for i = 1, 30 do table.insert(t, 1, young(i)) end
  churn()
  table.sort(t, function(a, b) churn() return a.value < b.value end)
  churn()
  for i = 1, 30 do if not is_young(t[i], i) then return false end end
  return true
end

function checks.moved()
  local t = old(function() return { 1, 2, 3 } end)
  table.move({ young(1), young(2) }, 1, 2, 3, t)
  churn()
  return is_young(t[3], 1) and is_young(t[4], 2)
end

function checks.raw()
  local t = old(function() return {} end)
  rawset(t, "key", young(5))
  rawset(t, 1, young(6))
  churn()
  return is_young(t.key, 5) and is_young(t[1], 6)
end

function checks.field()
  local t = old(function() return { one = 1, two = 2 } end)
  t.two = young(3)
  churn()
  return is_young(t.two, 3)
end

function checks.field_again()
  local list = old(function() return { { at = 0 }, { at = 0 }, { at = 0 } } end)
  for round = 1, 5 do
    for i = 1, #list do list[i].at = young(round * i) end
    churn()
    for i = 1, #list do if not is_young(list[i].at, round * i) then return false end end
  end
  return true
end

function checks.new_field()
  local list = old(function() return { {}, {}, {}, {} } end)
  for i = 1, #list do
    list[i].a = i
    list[i].b = young(i)
    list[i].c = "text " .. i
  end
  churn()
  for i = 1, #list do
    if not is_young(list[i].b, i) or list[i].c ~= "text " .. i then return false end
  end
  return true
end

function checks.many_new_fields()
  local t = old(function() return { first = 1 } end)
  for i = 1, 30 do t["field" .. i] = young(i) end
  churn()
  for i = 1, 30 do if not is_young(t["field" .. i], i) then return false end end
  return true
end

function checks.new_name()
  local t = old(function() return { a = 1 } end)
  t["name" .. garbage] = 1
  churn()
  local found = 0
  for name in pairs(t) do
    if name == "name" .. garbage then found = found + 1 end
  end
  return found == 1
end

function checks.name_kept_by_no_table()
  -- Shapes that only dead tables had.
  for i = 1, 5 do
    local t = {}
    t["lost" .. i] = i
    churn()
  end
  for i = 1, 5 do
    local t = {}
    t["lost" .. i] = young(i)
    if not is_young(t["lost" .. i], i) then return false end
  end
  return true
end

function checks.dictionary()
  local t = old(function()
    local t = {}
    for i = 1, 100 do t["key" .. i] = i end
    return t
  end)
  t.key7 = young(7)
  local keys = {}
  for i = 1, 20 do
    keys[i] = young(i)
    t[keys[i]] = i
  end
  keys = nil
  churn()
  local count = 0
  for key, value in pairs(t) do
    if type(key) == "table" then
      if not is_young(key, value) then return false end
      count = count + 1
    end
  end
  return count == 20 and is_young(t.key7, 7)
end

function checks.key_removed()
  local t = old(function()
    local t = {}
    for i = 1, 40 do t[{}] = i end
    return t
  end)
  local count = 0
  for key in pairs(t) do
    t[key] = nil
    churn()
    count = count + 1
  end
  return count == 40 and next(t) == nil
end

function checks.metatable()
  local t = old(function() return {} end)
  setmetatable(t, { __index = function(_, key) return key .. "!" end })
  churn()
  return t.hello == "hello!"
end

function checks.metatable_of_many()
  local list = old(function() return { {}, {}, {}, {}, {} } end)
  local class = { __index = {} }
  for i = 1, #list do setmetatable(list[i], class) end
  class = nil
  churn()
  getmetatable(list[1]).__index.method = function(self) return young(self.n) end
  churn()
  for i = 1, #list do
    list[i].n = i
    if not is_young(list[i]:method(), i) then return false end
  end
  return true
end

function checks.metatable_of_userdata()
  local file = old(function() return io.tmpfile() end)
  local own = getmetatable(file)
  getmetatable(file).extra = young(8)
  churn()
  local good = is_young(own.extra, 8)
  own.extra = nil
  file:close()
  return good
end

function checks.upvalue()
  local get, set = table.unpack(old(function()
    local v = 0
    return { function() return v end, function(x) v = x end }
  end))
  set(young(4))
  churn()
  return is_young(get(), 4)
end

function checks.many_upvalues()
  local gets, sets = table.unpack(old(function()
    local gets, sets = {}, {}
    for i = 1, 20 do
      local v = 0
      gets[i], sets[i] = function() return v end, function(x) v = x end
    end
    return { gets, sets }
  end))
  for i = 1, 20 do sets[i](young(i)) end
  churn()
  for i = 1, 20 do if not is_young(gets[i](), i) then return false end end
  return true
end

function checks.recursive_function()
  local f = old(function()
    local function f(n) if n == 0 then return young(n) end return f(n - 1) end
    return f
  end)
  churn()
  return is_young(f(5), 0)
end

some_global = 0

function checks.global()
  some_global = young(9)
  churn()
  return is_young(some_global, 9)
end

function checks.new_global()
  _G["made" .. garbage] = young(10)
  churn()
  local good = is_young(_G["made" .. garbage], 10)
  _G["made" .. garbage] = nil
  return good
end

function checks.coroutine()
  local step = old(function()
    local step = coroutine.wrap(function()
      local kept, count = nil, 0
      while true do
        local got = coroutine.yield(kept)
        count = count + 1
        kept = { young(count), got }
      end
    end)
    step()
    return step
  end)
  for i = 1, 6 do
    step({ i })
    churn()
    local kept = step(young(50 + i))
    if not is_young(kept[1], 2 * i) or not is_young(kept[2], 50 + i) then return false end
    churn()
  end
  return true
end

function checks.coroutines_in_turn()
  local function body(a)
    local list = {}
    while true do
      list[#list + 1] = a
      local x <close> = setmetatable({}, { __close = function() end })
      a = coroutine.yield(#list, list)
    end
  end
  local threads = old(function()
    local threads = {}
    for i = 1, 10 do
      threads[i] = coroutine.create(body)
      coroutine.resume(threads[i], young(0))
    end
    return threads
  end)
  for round = 1, 4 do
    for i = 1, #threads do
      local _, count, list = coroutine.resume(threads[i], young(round))
      if count ~= round + 1 then return false end
      for n = 1, count do if not is_young(list[n], n - 1) then return false end end
    end
    churn()
  end
  for i = 1, #threads do
    if coroutine.status(threads[i]) ~= "suspended" then return false end
    if not coroutine.close(threads[i]) then return false end
  end
  return true
end

function checks.coroutines_that_only_keep()
  local function keep(a)
    while true do
      local b, c = coroutine.yield(a)
      a = coroutine.yield(c, b)
    end
  end
  local threads = old(function()
    local threads = {}
    for i = 1, 10 do
      threads[i] = coroutine.create(keep)
      coroutine.resume(threads[i])
    end
    return threads
  end)
  for round = 1, 4 do
    for i = 1, #threads do coroutine.resume(threads[i], i, young(round * i)) end
    churn()
    for i = 1, #threads do coroutine.resume(threads[i], young(i)) end
    churn()
    for i = 1, #threads do
      local _, c, b = coroutine.resume(threads[i], young(i), i)
      if c ~= i or not is_young(b, i) then return false end
    end
    churn()
    for i = 1, #threads do coroutine.resume(threads[i], nil) end
  end
  return true
end

function checks.coroutine_not_started()
  local thread = old(function() return coroutine.create(function(a) churn() return a end) end)
  local _, result = coroutine.resume(thread, young(3))
  churn()
  return is_young(result, 3)
end

function checks.coroutine_inside_another()
  local outer = old(function()
    return coroutine.wrap(function()
      local inner = coroutine.wrap(function()
        for i = 1, 5 do
          local y = young(i)
          churn()
          coroutine.yield(y)
          churn()
          if not is_young(y, i) then return end
        end
      end)
      for i = 1, 5 do
        local y = young(i)
        local got = inner()
        coroutine.yield(got, y)
      end
    end)
  end)
  for i = 1, 5 do
    local a, b = outer()
    churn()
    if not is_young(a, i) or not is_young(b, i) then return false end
  end
  return true
end

function checks.error_of_a_coroutine()
  local thread = old(function()
    local thread = coroutine.create(function()
      coroutine.yield()
      error(young(6))
    end)
    coroutine.resume(thread)
    return thread
  end)
  coroutine.resume(thread)
  churn()
  local good, message = coroutine.close(thread)
  return not good and is_young(message, 6)
end

function checks.closing_a_coroutine()
  local log = {}
  local thread = old(function()
    local thread = coroutine.create(function()
      local a <close> = setmetatable({}, { __close = function()
        log[#log + 1] = young(1)
        churn()
      end })
      local b <close> = setmetatable({}, { __close = function()
        log[#log + 1] = young(2)
        churn()
      end })
      coroutine.yield()
    end)
    coroutine.resume(thread)
    return thread
  end)
  coroutine.close(thread)
  churn()
  return #log == 2 and is_young(log[1], 2) and is_young(log[2], 1)
end

function checks.weak_values()
  local strong = {}
  local weak = old(function() return setmetatable({}, { __mode = "v" }) end)
  for i = 1, 10 do
    local y = young(i)
    weak[i] = y
    weak["k" .. i] = young(i)
    if i % 2 == 0 then strong[i] = y end
  end
  churn()
  for i = 2, 10, 2 do if not is_young(weak[i], i) then return false end end
  collectgarbage()
  local count = 0
  for _, value in pairs(weak) do
    if not is_young(value, value.value) then return false end
    count = count + 1
  end
  return count == 5 and strong[2] ~= nil
end

function checks.ephemerons()
  local keys = {}
  local weak = old(function() return setmetatable({}, { __mode = "k" }) end)
  local last = {}
  keys[1] = last
  for i = 1, 10 do
    local next_key = {}
    weak[last] = { next_key, young(i) }
    weak[{}] = young(i)
    last = next_key
  end
  last = nil
  churn()
  local at, steps = keys[1], 0
  while weak[at] do
    steps = steps + 1
    if not is_young(weak[at][2], steps) then return false end
    at = weak[at][1]
  end
  collectgarbage()
  local count = 0
  for _ in pairs(weak) do count = count + 1 end
  return steps == 10 and count == 10 and keys[1] ~= nil
end

function checks.finalizers()
  local called = {}
  local meta = { __gc = function(o)
    called[#called + 1] = young(o.n)
    churn()
  end }
  local kept = old(function() return setmetatable({ n = 100 }, meta) end)
  for i = 1, 10 do setmetatable({ n = i }, meta) end
  churn()
  collectgarbage()
  if #called ~= 10 then return false end
  for i = 1, 10 do
    if not is_young(called[i], called[i].value) then return false end
  end
  kept.more = young(1)
  churn()
  if not is_young(kept.more, 1) then return false end
  kept = nil
  collectgarbage()
  return #called == 11 and is_young(called[11], 100)
end

function checks.strings()
  -- The same short strings, made again and again, dead in between or not.
  local t = old(function()
    local t = {}
    for i = 1, 60 do t["s" .. i] = i end
    return t
  end)
  for round = 1, 3 do
    for i = 1, 120 do
      if t["s" .. i] ~= (i <= 60 and i or nil) then return false end
    end
    churn()
  end
  return true
end

function checks.loaded()
  local f = old(function()
    return load("local a, t = ..., {} ; function t.f() return 'a constant', a end return t.f, t", "=l")
  end)
  local a, t = f(young(2))
  churn()
  local text, given = a()
  churn()
  return text == "a constant" and t.f == a and is_young(given, 2)
end

function checks.modes()
  local previous = collectgarbage("incremental")
  local t = young(1)
  churn()
  local between = collectgarbage("generational")
  t.t = young(2)
  churn()
  collectgarbage("step")
  t.t.t = young(3)
  collectgarbage("step")
  churn()
  return previous == "generational" and between == "incremental" and is_young(t.t.t, 3)
end

-- Runs the checks, each with so many garbage objects at a time.
return function(count, leave_out)
  garbage = count
  local names = {}
  for name in pairs(checks) do
    if not (leave_out and name:find(leave_out)) then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do print(name, checks[name]()) end
end
