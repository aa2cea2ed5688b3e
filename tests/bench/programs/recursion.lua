-- Recursion: Fibonacci, Takeuchi and Ackermann, each through a global and through a local.
--! category: calls
--! args: 12

local n = tonumber(arg[1]) or 31

function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end

function ack(m, n)
  if m == 0 then
    return n + 1
  elseif n == 0 then
    return ack(m - 1, 1)
  else
    return ack(m - 1, ack(m, n - 1))
  end
end

local function lfib(n)
  if n < 2 then return n end
  return lfib(n - 1) + lfib(n - 2)
end

local function ltak(x, y, z)
  if y >= x then return z end
  return ltak(ltak(x - 1, y, z), ltak(y - 1, z, x), ltak(z - 1, x, y))
end

local function lack(m, n)
  if m == 0 then
    return n + 1
  elseif n == 0 then
    return lack(m - 1, 1)
  else
    return lack(m - 1, lack(m, n - 1))
  end
end

-- Two functions that call each other, as in a parser by recursive descent.
function is_even(n)
  if n == 0 then return true end
  return is_odd(n - 1)
end

function is_odd(n)
  if n == 0 then return false end
  return is_even(n - 1)
end

-- Moves of the towers of Hanoi, counted peg by peg.
local moves = { a = 0, b = 0, c = 0 }
local function hanoi(disks, from, to, spare)
  if disks == 0 then return end
  hanoi(disks - 1, from, spare, to)
  moves[to] = moves[to] + 1
  hanoi(disks - 1, spare, to, from)
end

local t = n - 6
local a = math.max(2, n - 22)
print("fib", fib(n), lfib(n))
print("tak", tak(t, math.floor(t / 2), math.floor(t / 3)), ltak(t, math.floor(t / 2), math.floor(t / 3)))
print("ack", ack(2, n * 8), lack(3, a))
local even = 0
for i = 1, n * 100 do
  if is_even(i % 100) then even = even + 1 end
end
print("even", even)
hanoi(math.floor(n / 2) + 3, "a", "b", "c")
print("hanoi", moves.a, moves.b, moves.c)
