-- The level argument of error chooses whose line is blamed.
local function l0() error("m", 0) end
local function l1() error("m", 1) end
local function l2() error("m", 2) end
local function l3() error("m", 3) end
local function l9() error("m", 99) end
local function call(f)
  local r = f()
  return r
end
for _, f in ipairs { l0, l1, l2, l3, l9 } do print(pcall(call, f)) end
print(pcall(l2))
print(pcall(function()
  l2()
end))
print(pcall(function() return l2() end))
print(select(2, pcall(error, "x", 1)), select(2, pcall(error, "x", 2)))
local multi = function(
  a,
  b
)
  return a +
    b
end
print(pcall(multi, 1, {}))
print(pcall(function()
  local t = {
    x = 1,
    y = undefined.z,
  }
end))
print(pcall(function()
  return call(
    undefined
  )
end))
print(pcall(function()
  local s = "a"
    .. "b"
    .. {}
end))
