-- Coroutines resume coroutines, 100 deep; each level passes values on in both directions.
local function level(n)
  return coroutine.create(function(v)
    if n == 0 then
      while true do v = coroutine.yield(v .. "!") end
    end
    local inner = level(n - 1)
    while true do
      local ok, r = coroutine.resume(inner, v)
      v = coroutine.yield(r)
    end
  end)
end
local top = level(100)
print(coroutine.resume(top, "a"))
print(coroutine.resume(top, "b"))
print(coroutine.isyieldable(), select(2, coroutine.running()))
