-- Coroutines in a ring: a token goes round 503 of them.
local count, turns = 503, 5000000

local ring = {}
for i = 1, count do
  ring[i] = coroutine.create(function(token)
    while true do token = coroutine.yield(token + 1) end
  end)
end
local token, at = 0, 1
while token < turns do
  local _, answer = coroutine.resume(ring[at], token)
  token, at = answer, at % count + 1
end
print(token, at)
