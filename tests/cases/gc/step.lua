-- Steps say truly whether they ended a cycle, and larger steps come to its end sooner.
collectgarbage("generational")
print(collectgarbage("step"), collectgarbage("step", 20000))
print(collectgarbage("incremental", 200, 100, 13))
local function steps(size)
  collectgarbage()
  local garbage = {}
  for i = 1, 200 do garbage[i] = {} end
  garbage = nil
  local before, count = collectgarbage("count"), 0
  repeat count = count + 1 until collectgarbage("step", size)
  assert(collectgarbage("count") < before)
  return count
end
collectgarbage("stop")
print(steps(10) <= steps(2), steps(20000), collectgarbage("step", 20000), collectgarbage("step", -1))
print(collectgarbage("isrunning"), collectgarbage("restart"), collectgarbage("isrunning"))
print(collectgarbage("setpause", 150), collectgarbage("setpause", 200))
print(collectgarbage("setstepmul", 250), collectgarbage("setstepmul", 100))
print(collectgarbage("generational", 50, 300), collectgarbage("incremental"))
print(pcall(collectgarbage, "none"))
print(pcall(collectgarbage, "step", "x"))
-- Nothing can be asked while a finalizer runs.
setmetatable({}, { __gc = function()
  print(collectgarbage(), collectgarbage("count"), collectgarbage("step"), collectgarbage("stop"))
end })
collectgarbage()
print(collectgarbage("isrunning"))
-- Beside a heap of some size a cycle takes more than one step. When it has ended, what was garbage before
-- is gone.
collectgarbage("restart")
collectgarbage("incremental", 200, 100, 11)
local live = {}
for i = 1, 5000 do live[i] = { i } end
collectgarbage()
collectgarbage("stop")
for size = 0, 200, 100 do
  local done = 0
  for i = 1, 3 do setmetatable({}, { __gc = function() done = done + 1 end }) end
  local count = 0
  repeat count = count + 1 until collectgarbage("step", size)
  print(size, count > 1, done)
end
print(collectgarbage("step", 1 << 20), #live)
-- In generations no step ends a cycle. What was made since the last one is gone, and the old stays.
collectgarbage("generational")
for round = 1, 3 do
  local done = false
  setmetatable({}, { __gc = function() done = true end })
  print(collectgarbage("step"), done, collectgarbage("step", 1 << 20), #live, live[5000][1])
end
