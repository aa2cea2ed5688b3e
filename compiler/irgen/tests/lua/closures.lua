-- Never assigned: by value. Assigned and captured: a cell, fresh on each turn. A local function
-- captures itself; one that is assigned later goes through a cell.
local fixed, cell = 1, 2
local function fact(n) return n == 0 and 1 or n * fact(n - 1) end
local again
local function odd(n) return again and again(n) or odd end
odd = nil
for i = 1, 3 do
  local own = i
  local function get() own = own + 1; cell = cell + fixed; return i end
  get()
end
local function outer() return function() return fixed + cell end end
