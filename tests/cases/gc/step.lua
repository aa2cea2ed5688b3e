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
