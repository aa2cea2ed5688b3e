-- Switches: one coroutine is resumed and yields, with a value in each direction.
local co = coroutine.wrap(function(x)
  while true do x = coroutine.yield(x + 1) end
end)
local n = 0
for i = 1, 5000000 do n = co(n) end
print(n)
