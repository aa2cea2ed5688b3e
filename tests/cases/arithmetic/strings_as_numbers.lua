-- Strings that look like numbers take part in arithmetic and give integers or floats as written.
print("10" + 1, "10" * "2", "3" // "2", "7" % "4", "2" ^ "3", -"4", - "0x10")
print("10.0" + 1, "1e1" + 0, " 5 " + 1, "\t7\n" * 1, "0x1p4" + 0, "0xA" - 0, ".5" + 0, "5." + 0)
print("9223372036854775807" + 0, "9223372036854775808" + 0, "-9223372036854775808" + 0)
print(10 .. 20, 1.5 .. "", -0.0 .. "", 2^63 .. "")
for _, s in ipairs { "", " ", "abc", "1x", "0x", "1e", "--1", "1 2", "inf", "nan", "0b1", "1_000" } do
  print(s, pcall(function() return s + 1 end))
end
print(pcall(function() return {} + "1" end))
print(pcall(function() return "1" + {} end))
print(pcall(function() return "a" + "b" end))
print(pcall(function() return -"a" end))
print(pcall(function() return 1 < "2" end))
print("10" == 10, "10" ~= 10, "abc" < "abd")
