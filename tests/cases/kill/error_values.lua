-- error raises any value, and pcall gives back the same one; positions are added to strings only.
local function level1() error("one") end
local function level2() error("two", 2) end
local function outer() level2() end
print(pcall(level1))
print(pcall(outer))
print(pcall(error, "no position", 0))
print(pcall(error, "from C", 1))
print(pcall(error, "from C", 2))
print(pcall(error, nil))
print(pcall(error))
print(select("#", pcall(error)))
print(pcall(error, 42))
print(pcall(error, 4.5))
print(pcall(error, true))
print(pcall(error, false))
local t = {}
print(select(2, pcall(error, t)) == t)
local f = function() end
print(select(2, pcall(error, f)) == f)
local co = coroutine.create(f)
print(select(2, pcall(error, co)) == co)
local object = setmetatable({ code = 7 }, { __tostring = function(e) return "code " .. e.code end })
local ok, e = pcall(error, object)
print(ok, tostring(e), e.code, e == object)
-- A number is no string: it gets no position.
print(pcall(function() error(12) end))
print(pcall(function() error("s", 1) end))
print(pcall(function() error("") end))
-- Raised again, a message keeps its text.
print(pcall(function()
  local ok, e = pcall(error, "inner", 0)
  error(e, 0)
end))
print(pcall(function()
  local ok, e = pcall(level1)
  error(e)
end))
-- Results of pcall.
print(pcall(function() end))
print(pcall(function() return 1, nil, 3, nil end))
print(select("#", pcall(function() return 1, nil, 3, nil end)))
print(pcall(pcall))
print(pcall(pcall, 42))
print(pcall(42))
print(pcall(nil))
