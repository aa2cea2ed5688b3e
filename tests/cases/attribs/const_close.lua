-- <const> variables are values; <close> variables close at the end of their block, in reverse.
local limit <const> = 10
local name <const>, other = "n", "o"
local f = function() return limit + 1, name, other end
print(f())
local function guard(n) return setmetatable({}, { __close = function(_, e) print("close " .. n, e) end }) end
do
  local a <close> = guard "a"
  local b <close> = guard "b"
  local c <const> = 3
  print("body", c)
end
local function early(n)
  local g <close> = guard "early"
  if n > 0 then return "returned", n end
  print("falls through")
end
print(early(1))
print(early(0))
for i = 1, 2 do local g <close> = guard("turn" .. i) if i == 2 then break end end
print(pcall(function() local x <close> = guard "x" error("e", 0) end))
print(pcall(function() local bad <close> = "no" end))
print(pcall(function() local bad <close> = {} end))
local function tail() local g <close> = guard "not a tail call" return (function() return "value" end)() end
print(tail())
-- The value is closed even when the variable is captured.
local get
do local g <close> = guard "captured" get = function() return g end end
print(type(get()))
