-- A local in a cell is read when the operation runs: after g() changed it. As an argument or an
-- operand of `..` it is read in its turn.
local x, t = 1, {}
local function g() x = 10; t = {}; return 1 end
local a = x + g()
local b = x .. g()
local c = t[g()]
local d = x > g()
-- Targets from left to right, values, stores from right to left. t is assigned in the same
-- statement, so t.k means the table from before.
t.k, t = g(), {}
t[x], a = g(), 2
a, b = b, a
