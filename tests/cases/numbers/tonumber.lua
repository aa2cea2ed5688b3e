-- tonumber reads what the language reads, and integers in bases from 2 to 36.
for _, s in ipairs { "1", " 1 ", "1.", ".1", "1e1", "0x1F", "0x.8", "0x1p-1", "-1", "- 1", "+1", "1 1", "", " ", "e1", "0x", "1e+", "1e400", "9223372036854775808", "-9223372036854775809", "0x8000000000000000", "inf", "nan", "1\0", "１" } do
  local v = tonumber(s)
  print(s, v, v and math.type(v))
end
print(tonumber("10", 2), tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("-7", 8), tonumber(" 11 ", 2), tonumber("1.0", 10), tonumber("", 10))
print(tonumber("7fffffffffffffff", 16), tonumber("ffffffffffffffff", 16), tonumber("1" .. ("0"):rep(64), 2))
print(tonumber(nil), tonumber({}), tonumber(true), tonumber(1.5), tonumber(3))
print(pcall(tonumber))
print(pcall(tonumber, 10, 2))
print(pcall(tonumber, "10", 1))
print(pcall(tonumber, "10", 37))
