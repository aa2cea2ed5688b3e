-- Values pass into and out of coroutines at every resume and yield, whatever their number.
local function show(...) print(select("#", ...), ...) end
local co = coroutine.create(function(...)
  show("start", ...)
  show("a", coroutine.yield())
  show("b", coroutine.yield(1))
  show("c", coroutine.yield(1, nil, 3))
  show("d", coroutine.yield(nil, nil))
  return "r1", nil, "r3", nil
end)
show(coroutine.resume(co, "x", nil))
show(coroutine.resume(co))
show(coroutine.resume(co, nil))
show(coroutine.resume(co, 1, 2, 3))
show(coroutine.resume(co, nil, nil, nil, nil))
show(coroutine.resume(co))

print(coroutine.status(co), coroutine.isyieldable(), type(co))
local main, is_main = coroutine.running()
print(type(main), is_main, coroutine.status(main))
local other
other = coroutine.create(function()
  print(coroutine.status(other), coroutine.isyieldable(), coroutine.isyieldable(main))
  local me, is_main = coroutine.running()
  print(me == other, is_main, coroutine.status(main))
  local inner = coroutine.create(function() print(coroutine.status(other)) end)
  coroutine.resume(inner)
end)
print(coroutine.status(other))
coroutine.resume(other)
print(coroutine.status(other))

-- Generators.
local function permutations(list)
  return coroutine.wrap(function()
    local function go(n)
      if n <= 1 then coroutine.yield(list[1] .. list[2] .. list[3]) return end
      for i = 1, n do
        list[n], list[i] = list[i], list[n]
        go(n - 1)
        list[n], list[i] = list[i], list[n]
      end
    end
    go(#list)
  end)
end
for p in permutations { "a", "b", "c" } do print(p) end

-- Many coroutines at once, resumed in turn.
local all = {}
for i = 1, 200 do
  all[i] = coroutine.create(function(step)
    local sum = i
    while true do sum = sum + step step = coroutine.yield(sum) end
  end)
end
local total = 0
for round = 1, 3 do
  for i = 1, 200 do
    local _, v = coroutine.resume(all[i], round)
    total = total + v
  end
end
print(total)

-- A coroutine whose function is not Lua's own.
show(coroutine.resume(coroutine.create(select), 2, "a", "b", "c"))
show(coroutine.wrap(pcall)(error, "e", 0))
co = coroutine.create(coroutine.yield)
show(coroutine.resume(co, 1, 2))
show(coroutine.resume(co, 3))
show(coroutine.resume(co, 4))
co = coroutine.wrap(function(...) return coroutine.yield(...) end)
show(co(1, 2))
show(co(3, 4))
