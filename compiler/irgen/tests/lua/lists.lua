-- Arguments, results and variable arguments, adjusted.
local function f(...)
  local a, b = ...
  local c, d, e = f(), ...
  local g, h = (f())
  local i = f(), f()
  f(..., 1, ...)
  a, b = f(...), (...)
  f(f())
  local o = { f(), ..., [1] = 2, n = 3, f() }
  o:m(f()).k[1](...)
  return a, f(...)
end
return (f())
