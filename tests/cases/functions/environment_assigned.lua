-- A chunk that assigns its `_ENV`.
local print = print
print(type(_ENV), x)
_ENV = { x = 5 }
print(x)
local function inner()
  _ENV = { y = 6 }
  return y
end
print(inner(), y, x)
z = 7
print(_ENV.z, rawget)
