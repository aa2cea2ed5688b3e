-- Many coroutines at once, dropped and made again: stacks fit and come back.
for round = 1, 3 do
  local all = {}
  for i = 1, 60 do
    local co = coroutine.create(function(n)
      local here = {}
      all[n] = function() return here end
      coroutine.yield()
    end)
    coroutine.resume(co, i)
  end
  print(round, #all)
end
