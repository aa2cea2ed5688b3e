-- Fields may be cleared and present ones assigned while next or pairs walks the table, in its
-- array and its hash part, with collections in between.
local function fill(n)
  local t = {}
  for i = 1, n do
    t[i] = i
    t["k" .. i] = i
    t[i + 0.5] = i
  end
  return t
end

local t = fill(100)
local count, sum = 0, 0
for k, v in pairs(t) do
  t[k] = nil
  count = count + 1
  sum = sum + v
end
print(count, sum, next(t))

t = fill(100)
count = 0
local k, v = next(t)
while k ~= nil do
  t[k] = nil
  if count % 50 == 0 then collectgarbage() end
  count = count + 1
  k, v = next(t, k)
end
print(count, next(t))

-- Every second one goes; the others change their value and type.
t = fill(60)
local keep = 0
for k, v in pairs(t) do
  if v % 2 == 0 then t[k] = nil else t[k] = "odd" .. v keep = keep + 1 end
end
local left = 0
for k, v in pairs(t) do
  left = left + 1
  if type(v) ~= "string" then print("wrong", k, v) end
end
print(keep, left)

-- Table keys that only the table knows: a cleared one is still a place to go on from.
t = {}
for i = 1, 50 do t[{ i }] = { i } end
count = 0
for k in pairs(t) do
  t[k] = nil
  k = nil
  collectgarbage("step")
  count = count + 1
end
print(count, next(t))

-- All is cleared in the first turn.
t = fill(30)
count = 0
for k in pairs(t) do
  for k2 in pairs(t) do t[k2] = nil end
  count = count + 1
end
print(count, next(t))

-- A key that was never there is an error.
print(pcall(next, { a = 1 }, "b"))
print(pcall(next, {}, 1))
-- Clearing while walking by index.
t = fill(10)
for i, v in ipairs(t) do t[i] = nil end
print(t[1], t[10], t.k1)
