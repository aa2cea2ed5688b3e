-- Concatenation of strings and numbers, long chains, and strings that contain zeros.
print("a" .. "b", 1 .. 2, 1.5 .. "|" .. -2 .. "|" .. 1e100, "" .. "", ("x") .. 0 .. ".0")
local s = ""
for i = 1, 300 do s = s .. i .. "," end
print(#s, s == s .. "")
local z = "a\0b" .. "\0c"
print(#z, z == "a\0b\0c")
local a, b, c, d, e, f, g = "a", "b", "c", "d", "e", "f", "g"
print(a .. b .. c .. d .. e .. f .. g .. a .. b .. c .. d .. e .. f .. g)
print((a .. b) .. (c .. d) == a .. (b .. c) .. d)
-- Short and long strings made in different ways are equal and the same key.
local t = {}
local long1, long2 = "", ""
for i = 1, 50 do long1 = long1 .. "xy" end
for i = 1, 25 do long2 = long2 .. "xyxy" end
t[long1] = 1
t["k" .. "ey"] = 2
print(long1 == long2, t[long2], t.key, #long1)
for _, v in ipairs { true, {}, print } do print((pcall(function() return "a" .. v end))) end
