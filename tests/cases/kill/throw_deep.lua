-- An error crosses 100000 frames, some with to-be-closed variables, and every handler runs once,
-- innermost first.
--! gc: once, as each collection would walk all the frames
local closed, last, ordered = 0, nil, true
local function note(self)
  if last and self.depth >= last then ordered = false end
  last = self.depth
  closed = closed + 1
end
local mt = { __close = note }

local function plain(n)
  if n == 0 then error("bottom", 0) end
  return 1 + plain(n - 1)
end
print(pcall(plain, 100000))

local function dive(n)
  if n == 0 then error({ "table" }) end
  if n % 100 == 0 then
    local guard <close> = setmetatable({ depth = n }, mt)
    return 1 + dive(n - 1)
  end
  return 1 + dive(n - 1)
end
local function up(n)
  -- Counts from the outside, so that the innermost has the greatest depth.
  local function go(i)
    if i == n then error("deepest", 0) end
    if i % 100 == 0 then
      local guard <close> = setmetatable({ depth = i }, mt)
      return 1 + go(i + 1)
    end
    return 1 + go(i + 1)
  end
  return go(1)
end
print(pcall(up, 100000))
print(closed, last, ordered)

closed, last = 0, nil
local ok, e = pcall(dive, 50000)
print(ok, type(e), e[1], closed)

local function every(n)
  local guard <close> = setmetatable({ depth = -n }, mt)
  if n == 0 then error("all closed", 0) end
  return every(n - 1) + 1
end
closed, last, ordered = 0, nil, true
print(pcall(every, 20000))
print(closed, last, ordered)
