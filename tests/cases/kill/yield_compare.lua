-- Comparison metamethods yield, in conditions and as values; any result becomes a boolean.
local mt = {}
mt.__eq = function(a, b) return coroutine.yield("eq", a.n, b.n) end
mt.__lt = function(a, b) return coroutine.yield("lt", a.n, b.n) end
mt.__le = function(a, b) return coroutine.yield("le", a.n, b.n) end
local a = setmetatable({ n = "a" }, mt)
local b = setmetatable({ n = "b" }, mt)

local co = coroutine.create(function()
  print("value", a == b, a ~= b)
  print("value", a < b, a <= b, a > b, a >= b)
  if a == b then print("then") else print("else") end
  if a ~= b then print("then") else print("else") end
  if not (a < b) then print("then") else print("else") end
  while a <= b do print("turn") end
  repeat print("repeat") until a > b
  print("same", a == a, a ~= a)
  local t = a < b and "yes" or "no"
  return t
end)

local answers = { 1, false, nil, "x", {}, true, nil, true, nil, false, 3, nil, true, false, 1, 1, 1 }
local function step(...)
  local ok, event, x, y = coroutine.resume(co, ...)
  print(ok, event, x, y)
end
step()
local i = 0
while coroutine.status(co) == "suspended" do
  i = i + 1
  step(answers[i])
end
print(i, coroutine.status(co))
