-- A million tail calls need no stack: to itself, in a ring, through a table, a metamethod, pcall's
-- function, with varargs, and with more arguments than fit in registers.
--! gc: once, as a collection at each of the calls would take hours
local function count(n) if n == 0 then return "done" end return count(n - 1) end
print(count(1000000))

local a, b, c
function a(n) if n == 0 then return "a" end return b(n - 1) end
function b(n) if n == 0 then return "b" end return c(n - 1) end
function c(n) if n == 0 then return "c" end return a(n - 1) end
print(a(1000000))

local object = { n = 0 }
function object:step(n) if n == 0 then return self.n end self.n = self.n + 1 return self:step(n - 1) end
print(object:step(1000000))

local callable = setmetatable({}, { __call = function(self, n)
  if n == 0 then return "callable" end
  return self(n - 1)
end })
print(callable(1000000))

local function va(n, ...) if n == 0 then return ... end return va(n - 1, ...) end
print(va(1000000, "x", nil, "z"))

local function many(n, p1, p2, p3, p4, p5, p6, p7, p8)
  if n == 0 then return p1, p2, p3, p4, p5, p6, p7, p8 end
  return many(n - 1, p2, p3, p4, p5, p6, p7, p8, p1)
end
print(many(1000000, 1, 2, 3, 4, 5, 6, 7, 8))

print(pcall(count, 1000000))
print(coroutine.wrap(count)(1000000))

-- Different numbers of arguments in turn.
local one, two, five
function one(n) if n == 0 then return 1 end return five(n - 1, 1, 2, 3, 4) end
function two(n, x) if n == 0 then return 2, x end return one(n - 1) end
function five(n, x, y, z, w) if n == 0 then return 5, x, y, z, w end return two(n - 1, w) end
print(one(999999))
print(one(999998))
print(one(1000000))
-- A tail call to a library function.
local function to_select(...) return select("#", ...) end
print(to_select(1, nil, nil))
-- An error after tail calls.
local function fail(n) if n == 0 then error("end of the chain", 0) end return fail(n - 1) end
print(pcall(fail, 1000000))
