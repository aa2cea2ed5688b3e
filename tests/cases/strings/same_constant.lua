-- Equal long string constants of a chunk are one string, also across functions.
local s1 <const> = "01234567890123456789012345678901234567890123456789"
local s3 = "01234567890123456789012345678901234567890123456789"
local function f() return "01234567890123456789012345678901234567890123456789" end
local function address(s) return string.format("%p", s) end
print(address(s1) == address(s3), address(s1) == address(f()))
