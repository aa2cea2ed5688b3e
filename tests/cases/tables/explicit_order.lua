-- Integer keys that a constructor names, 0 among them, come in their order in a traversal.
local function show(t)
  local list = {}
  for k, v in pairs(t) do
    list[#list + 1] = k .. "=" .. v
  end
  print(table.concat(list, " "))
end
show({ [0] = "a", [1] = "b" })
local t = {
  [0] = "zero", [1] = "one", [2] = "two", [3] = "three", [4] = "four", [5] = "five",
  [6] = "six", [7] = "seven", [8] = "eight", [9] = "nine", [10] = "ten", [11] = "eleven",
}
show(t)
-- The traversal can be left and taken up, and elements removed on the way.
print(next(t, 0), next(t, 5), next(t, 11))
for k in pairs(t) do
  if k % 2 == 0 then t[k] = nil end
end
show(t)
for k in next, t do
  t[k] = nil
end
print(next(t))
-- Elements come first where they were not named.
show({ "x", "y", [0] = "z" })
local u = {}
u[0] = "z"
u[1] = "x"
u[2] = "y"
show(u)
