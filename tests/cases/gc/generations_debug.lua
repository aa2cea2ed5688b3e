-- What only the debug library stores into old objects.
local function churn()
  local last
  for i = 1, 20 do last = { i, { "g" .. i } } end
  return last
end

local function is_young(t, i) return t.value == i and t.name == "young" .. i end
local function young(i) return { value = i, name = "young" .. i } end

local functions, files, threads = {}, {}, {}
for i = 1, 10 do
  local a, b = i, i
  functions[i] = function() return a, b end
  files[i] = io.tmpfile()
  threads[i] = coroutine.create(function()
    local kept = i
    coroutine.yield()
    return kept
  end)
  coroutine.resume(threads[i])
end
collectgarbage()
churn()

for i = 1, 10 do debug.setupvalue(functions[i], 1, young(i)) end
churn()
for i = 1, 10 do
  local other = young(100 + i)
  debug.upvaluejoin(functions[i], 2, function() return other end, 1)
end
churn()
local good = 0
for i = 1, 10 do
  local a, b = functions[i]()
  if is_young(a, i) and is_young(b, 100 + i) then good = good + 1 end
end
print("upvalues", good)

good = 0
for i = 1, 10 do debug.setmetatable(files[i], { young = young(i), __gc = false }) end
churn()
for i = 1, 10 do
  if is_young(debug.getmetatable(files[i]).young, i) then good = good + 1 end
  debug.setmetatable(files[i], debug.getmetatable(io.stdout))
  files[i]:close()
end
print("metatables", good)

good = 0
for i = 1, 10 do print(debug.setlocal(threads[i], 1, 1, young(i))) end
churn()
for i = 1, 10 do
  local _, kept = coroutine.resume(threads[i])
  if is_young(kept, i) then good = good + 1 end
end
print("locals of coroutines", good)

good = 0
for i = 1, 10 do debug.getregistry()["key" .. i] = young(i) end
churn()
for i = 1, 10 do
  if is_young(debug.getregistry()["key" .. i], i) then good = good + 1 end
end
print("registry", good)
