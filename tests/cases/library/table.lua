-- The library table, with and without metamethods.
print(table.concat({1, 2, 3}, ", "), table.concat({}, "x"), table.concat({1, 2.5, "x"}), table.concat({1, 2, 3}, ",", 2), table.concat({1, 2, 3}, ",", 3, 2))
print(pcall(table.concat, {1, {}}))
print(pcall(table.concat, 1))
local t = {1, 2, 3}
table.insert(t, 4) table.insert(t, 1, 0)
print(table.concat(t, ","))
print(table.remove(t), table.remove(t, 1), table.concat(t, ","))
print(pcall(table.insert, t, 10, 1))
print(pcall(table.insert, t))
print(pcall(table.insert, t, 1, 2, 3))
print(pcall(table.remove, t, 10))
print(table.remove({}), table.remove({}, 0))
print(table.unpack({1, 2, 3}))
print(table.unpack({1, 2, 3}, 2))
print(table.unpack({}, 1, 3))
print(pcall(table.unpack, {}, 1, 1e8))
print(select("#", table.unpack({}, 1, 200)), select("#", table.unpack({}, math.maxinteger, math.maxinteger)))
print(table.move({1, 2, 3}, 1, 3, 2)[3], table.concat(table.move({1, 2, 3}, 2, 3, 1), ","), #table.move({1, 2, 3}, 1, 3, 1, {}))
print(pcall(table.move, {}, 1, math.maxinteger, 2))
print(table.pack(1, nil, 3).n, table.pack().n)
local s = {5, 2, 8, 1, 9, 3}
table.sort(s) print(table.concat(s, ","))
table.sort(s, function(a, b) return a > b end) print(table.concat(s, ","))
print(pcall(table.sort, {1, "x"}))
print(pcall(table.sort, {3, 2, 1, 4, 5, 6, 7, 8, 9, 10}, function() return true end))
print(pcall(table.sort, {1, 2}, 1))
local w = {"banana", "apple", "cherry", "Zed"} table.sort(w) print(table.concat(w, " "))
local f = {3.5, 1, 2.25, -1, 0.0} table.sort(f) print(table.concat(f, " "))
local proxy = setmetatable({}, {
  __index = function(_, i) return i <= 3 and i * i or nil end,
  __len = function() return 3 end,
  __newindex = function(_, i, v) print("set", i, v) end,
})
print(table.concat(proxy, ","), table.unpack(proxy))
table.insert(proxy, 7) table.insert(proxy, 1, 8) print(table.remove(proxy))
