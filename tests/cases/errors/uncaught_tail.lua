-- Tail calls leave a mark in the traceback; a long recursion is shortened.
local function fail(n)
  if n == 0 then error("deep") end
  local r = fail(n - 1)
  return r
end
local function tail(n) return fail(n) end
local function tail2(n) return tail(n) end
local co = coroutine.wrap(function() tail2(40) end)
co()
