-- `and`, `or` and `not` as values and as conditions; comparisons negated and turned round.
local a, b, c = ...
local x = a and b or c
local y = not (a and not b)
local z = a ~= b or a > b and 1 >= c
if not a or b == nil then print(1) elseif a ~= b then print(2) else print(3) end
local k = nil and a or false or b
if false then print(4) end
while not (a and b) do a = b end
return a or 1, x, y, z, k, a ~= b == c
