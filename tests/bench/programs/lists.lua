-- Cons lists: a module in the manner of Lisp, with sorting, sharing, association lists and the
-- placing of queens.
--! category: memory
--! args: 4 0.03

local n = tonumber(arg[1]) or 9
local scale = tonumber(arg[2]) or 9

List = {}
local list = List

function list.cons(head, tail) return { head = head, tail = tail } end
local cons = list.cons

function list.of(...)
  local result
  for i = select("#", ...), 1, -1 do result = cons((select(i, ...)), result) end
  return result
end

function list.range(first, last)
  if first > last then return nil end
  return cons(first, list.range(first + 1, last))
end

function list.length(l)
  local count = 0
  while l do
    count = count + 1
    l = l.tail
  end
  return count
end

function list.reverse(l)
  local result
  while l do
    result = cons(l.head, result)
    l = l.tail
  end
  return result
end

function list.append(a, b)
  if a == nil then return b end
  return cons(a.head, list.append(a.tail, b))
end

function list.map(f, l)
  if l == nil then return nil end
  return cons(f(l.head), list.map(f, l.tail))
end

function list.filter(p, l)
  if l == nil then return nil end
  if p(l.head) then return cons(l.head, list.filter(p, l.tail)) end
  return list.filter(p, l.tail)
end

function list.fold(f, start, l)
  if l == nil then return start end
  return list.fold(f, f(start, l.head), l.tail)
end

function list.each(l)
  return function()
    if l then
      local head = l.head
      l = l.tail
      return head
    end
  end
end

local function split(l)
  local a, b
  while l do
    a = cons(l.head, a)
    a, b = b, a
    l = l.tail
  end
  return a, b
end

local function merge(a, b, less)
  if a == nil then return b end
  if b == nil then return a end
  if less(b.head, a.head) then return cons(b.head, merge(a, b.tail, less)) end
  return cons(a.head, merge(a.tail, b, less))
end

function list.sort(l, less)
  if l == nil or l.tail == nil then return l end
  local a, b = split(l)
  return merge(list.sort(a, less), list.sort(b, less), less)
end

local function assoc(key, l)
  while l do
    if l.head.head == key then return l.head.tail end
    l = l.tail
  end
end

local function to_text(l)
  local parts = {}
  for item in list.each(l) do parts[#parts + 1] = string.format("%d", item) end
  return "(" .. table.concat(parts, " ") .. ")"
end

-- Queens: boards as lists of columns, all solutions as a list of boards.
local function safe(column, board)
  local distance = 1
  for other in list.each(board) do
    if other == column or math.abs(other - column) == distance then return false end
    distance = distance + 1
  end
  return true
end

local function queens(size)
  local boards = cons(nil, nil)
  for _ = 1, size do
    local longer
    while boards do
      for column = 1, size do
        if safe(column, boards.head) then longer = cons(cons(column, boards.head), longer) end
      end
      boards = boards.tail
    end
    boards = longer
  end
  return boards
end

-- Takeuchi's function on lists, where the length is the number.
local function shorter(a, b) return list.length(a) < list.length(b) end
local function tak(x, y, z)
  if not shorter(y, x) then return z end
  return tak(tak(x.tail, y, z), tak(y.tail, z, x), tak(z.tail, x, y))
end

local solutions = queens(n)
print("queens", n, list.length(solutions), to_text(solutions.head))
print("tak", list.length(tak(list.range(1, n + 4), list.range(1, n - 1), list.range(1, math.max(n - 5, 1)))))

local seed = 99
for round = 1, 7 do
  local numbers
  for i = 1, scale * 600 do
    seed = (seed * 16807) % 2147483647
    numbers = cons(seed % 10000, numbers)
  end
  local sorted = list.sort(numbers, function(a, b) return a < b end)
  print("sorted", list.length(sorted), sorted.head, list.reverse(sorted).head)
end

local total = 0
for round = 1, math.ceil(scale * 20) do
  local small = list.filter(function(x) return x % 3 == 0 end, list.range(1, scale * 110))
  local doubled = list.map(function(x) return x * 2 + round end, small)
  total = total + list.fold(function(a, b) return a + b end, 0, list.append(doubled, list.reverse(small)))
end
print("total", total)

local pairs_of
for i = 1, 100 do pairs_of = cons(cons("key" .. i, i * i), pairs_of) end
local sum = 0
for i = 1, scale * 1500 do sum = sum + assoc("key" .. (i % 100 + 1), pairs_of) end
print("assoc", sum, list.length(list.of(1, 2, 3)))
