-- What messages call operands.
local t, i <const>, s <const> = {}, 7, "s"
local function f(up)
  local l = up
  return l + t, -up.x, #t[i], t[1].y, t[l].y, t.a.b.c, ("x")(), t:m(), (l)(), (l or t)(), l[s].z, g()
end
local function env()
  local _ENV = t
  x.y = 1
  return z.q
end
