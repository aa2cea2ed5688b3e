-- The chunk's environment is assigned, so no global is reached directly.
local print = print
_ENV = { x = 1 }
x, y = y, x
function f() return x end
