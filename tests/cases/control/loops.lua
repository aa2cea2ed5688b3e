-- while, repeat and if: conditions, break, scopes, nesting.
local i = 0
while i < 5 do i = i + 1 if i == 3 then break end end
print(i)
repeat local last = i >= 6 i = i + 1 until last
print(i)
while nil do print("no") end
while false do print("no") end
repeat print("once") until 0
local n = 0
while true do n = n + 1 if n > 100 then break end end
print(n)
for _, v in ipairs { 0, "", false, {}, "false" } do if v then io.write("true ") else io.write("false ") end end
print()
local function classify(x)
  if x == nil then return "nil" elseif x == false then return "false" elseif x == 0 then return "zero"
  elseif type(x) == "number" and x > 0 then return "positive" elseif type(x) == "number" then return "negative" else return type(x) end
end
print(classify(), classify(false), classify(0), classify(0.0), classify(3), classify(-3), classify("x"), classify({}))
-- and, or and not as conditions, with every combination.
for a = 0, 1 do for b = 0, 1 do for c = 0, 1 do
  local x, y, z = a == 1, b == 1, c == 1
  local r = ""
  if x and y or z then r = r .. "1" else r = r .. "0" end
  if x or y and z then r = r .. "1" else r = r .. "0" end
  if not (x and y) and not z then r = r .. "1" else r = r .. "0" end
  if (x or y) and (y or z) then r = r .. "1" else r = r .. "0" end
  while not x and y do r = r .. "w" break end
  print(a, b, c, r, x and y, x or z, x and y or z, not x == y)
end end end
-- Unreachable code and empty bodies.
do return print("end", (function() if true then return 1 end return 2 end)()) end
print("never")
