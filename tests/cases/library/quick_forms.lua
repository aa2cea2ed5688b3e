-- Functions that are answered without a frame: usual arguments, those that take the function itself after
-- all, and errors, which must not show a difference.

local function try(f, ...)
  print(pcall(f, ...))
end

-- Parts and copies of strings, short and long, new and known.
local alphabet = ("abcdefghijklmnopqrstuvwxyz"):rep(4)
for _, range in ipairs { { 1, 3 }, { 3 }, { -3 }, { -3, -2 }, { 0 }, { 5, 2 }, { 1, 1000 }, { -1000, 2 }, { 10, 49 },
  { 10, 50 }, { 2^53, 2^53 }, { "2", "4" }, { 1.5 }, { math.mininteger, math.maxinteger } } do
  try(string.sub, alphabet, table.unpack(range))
end
try(string.sub) try(string.sub, "x") try(string.sub, 12345, 2, 3) try(string.sub, {}, 1)
for _, f in ipairs { string.upper, string.lower, string.reverse } do
  for _, text in ipairs { "", "a", "Hello, World 42", ("Xy"):rep(20), ("Xy"):rep(20) .. "z", "\xe9\0\xc9", 12.5 } do
    try(f, text)
  end
  try(f) try(f, nil) try(f, {})
end
local seen = {}
for i = 1, 20000 do seen[("Word" .. i):upper():sub(2, -2):reverse()] = i end
print(seen["ROD"] == nil, seen[("ORD123"):reverse()])

for _, text in ipairs { "10", " 10 ", "-10", "+10", "0x10", "-0xff", "0xffffffffffffffffff", "0x", "0x1p4", "0x.8",
  "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "", " ", "-", "1e1",
  "10 0", "1_0", "0x1g", "1\0", "inf", "nan", "- 1", "+-1" } do
  print(("%q"):format(text), tonumber(text), math.type(tonumber(text)))
end
try(tonumber) try(tonumber, nil) try(tonumber, "z", 36) try(tonumber, "10", nil)

for _, value in ipairs { 0, 1, -1.5, 2.5, 1e300, math.huge, -math.huge, math.mininteger, "4", "x", true } do
  for _, name in ipairs { "sin", "cos", "tan", "exp", "sqrt", "log", "modf", "floor", "ceil", "abs" } do
    local ok, a, b = pcall(math[name], value)
    -- A NaN's sign is the machine's.
    print(name, value, ok, a ~= a and "nan" or a, b)
  end
end
try(math.log, 8, 2) try(math.log, 1000, 10) try(math.log, 81, 3) try(math.log, 8, "2") try(math.log, 8, nil)
print(math.atan(1), math.atan(-1.5), math.atan(3, -1), math.atan("2", nil))
try(math.log, 8, true) try(math.atan, 1, 2) try(math.atan, 1, nil) try(math.pow, 2, 10)
try(math.pow, 2) try(math.sin) try(math.modf)

for n = -5, 5 do try(select, n, "a", "b", "c") end
try(select, math.mininteger, 1) try(select, math.maxinteger, 1) try(select, "#") try(select, "-1", 1, 2)

print(os.getenv("PERILUNE_NO_SUCH_VARIABLE"), os.getenv(""), type(os.clock()))
print(os.getenv(("x"):rep(200)), os.getenv("PATH\0x") == os.getenv("PATH"))
try(os.getenv) try(os.getenv, {})
print(type(collectgarbage("count")), math.type(collectgarbage("count")))
try(collectgarbage, "counts") try(collectgarbage, 1)

-- Strings in arithmetic, by the metamethods of strings.
for _, pair in ipairs { { "10", 3 }, { 10, "3" }, { "0x10", "1e1" }, { "7", "0" }, { "7", 0.0 }, { "a", 1 }, { "1", {} },
  { " 5 ", "2" }, { "9223372036854775807", 1 } } do
  local a, b = pair[1], pair[2]
  try(function() return a + b, a - b, a * b end)
  try(function() return a // b end)
  try(function() return a % b end)
  try(function() return a / b, a ^ b, -a end)
end
local add = getmetatable("").__add
try(add, "1", "2") try(add, "1") try(add, {}, "1") try(add, 1, 2)
print("5" + setmetatable({}, { __add = function(a, b) return type(a) .. type(b) end }))
