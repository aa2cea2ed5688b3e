-- Numeric for: integers and floats, limits at the edges of the range, steps, and bad values.
local function run(...)
  local n, list = select("#", ...), {}
  local a, b, c = ...
  local ok, e = pcall(function()
    if n == 2 then
      for i = a, b do list[#list + 1] = tostring(i) if #list >= 8 then break end end
    else
      for i = a, b, c do list[#list + 1] = tostring(i) if #list >= 8 then break end end
    end
  end)
  print(table.concat(list, " "), ok or e)
end
local max, min = 9223372036854775807, -9223372036854775807 - 1
run(1, 3) run(3, 1) run(1, 1) run(1, 0) run(-2, 2) run(1, 10, 3) run(10, 1, -4) run(1, 3, -1)
run(1.0, 3) run(1, 3.5) run(1, 2, 0.5) run(1.5, 4) run(3, 1, -0.5) run(0.1, 0.4, 0.1) run(1, 3.0)
run(max - 2, max) run(min + 2, min, -1) run(max, max) run(max - 1, max, 2) run(min, max, max) run(max, min, min)
run(1, 1 / 0) run(1, -1 / 0) run(1, 0 / 0) run(-1, -1 / 0, -1) run(1, 2^63) run(1, -2^63) run(3, 2.9) run(-3, -2.1)
run(1, 3, 0) run(1.0, 3, 0) run("1", 3) run(1, "3") run(1, 3, "1") run(nil, 1) run(1, {}) run(1, 2, print)
run(1, max, 2^53) run(1.0, 2^53, 2^52) run(min, min + 1) run(2^53, 2^53 + 2)
-- The loop variable is a copy, and the bounds are evaluated once.
local calls = 0
local function bound() calls = calls + 1 return 3 end
for i = bound() - 2, bound(), bound() - 2 do local j = i i = 100 io.write(j, " ") end
print(calls)
for i = 1, 3 do for i = i, 3 do io.write(i, " ") end end
print()
