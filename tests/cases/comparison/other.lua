-- Equality of values of all types; order of strings; comparisons that are errors.
local t, f, co = {}, function() end, coroutine.create(function() end)
print(nil == nil, nil == false, true == true, true == 1, "1" == 1, t == t, t == {}, f == f, f == t, co == co)
print("a" < "b", "a" < "a", "a" <= "a", "" < "a", "a" < "ab", "Z" < "a", "a\0b" < "a\0c", "a\0" > "a")
print("\xff" > "a", "10" < "9", "a" .. "b" == "ab", "x" ~= "y")
local values = { { "nil" }, { "boolean", true }, { "number", 1 }, { "string", "s" }, { "table", t }, { "function", f }, { "thread", co } }
for i = 1, 7 do
  for j = 1, 7 do
    local a, b = values[i][2], values[j][2]
    print(values[i][1], values[j][1], pcall(function() return a < b end))
    print(values[i][1], values[j][1], pcall(function() return a >= b end))
  end
end
