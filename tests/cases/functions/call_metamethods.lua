-- A `__call` metamethod may have a `__call` metamethod itself; each one is a further argument.
local f = setmetatable({}, { __call = function(...) return select("#", ...), select(4, ...) end })
local g = setmetatable({}, { __call = f })
local h = setmetatable({}, { __call = g })
local function open(callee, ...) return (select("#", callee(...))), callee(...) end
for count = 0, 7 do
  local list = { 1, 4, 7, 10, 13, 16, 19 }
  print(pcall(function(...) return g(...) end, table.unpack(list, 1, count)))
  print(open(h, table.unpack(list, 1, count)))
  print(pcall(h, table.unpack(list, 1, count)))
end
print("list", g(1, 2, 3, 4, 5))
print("list", (h(1, 2, 3, 4, 5)))
print(select("#", h()))
