-- Joined strings around the sizes where they are made in another way: 40 bytes, 512, 2048, and from two to
-- many operands, with empty ones and with numbers among them.

local function check(got, ...)
  assert(got == table.concat({ ... }), #got)
  return #got
end

local total = 0
for _, size in ipairs { 0, 1, 39, 40, 41, 100, 470, 478, 479, 480, 481, 511, 512, 1000, 2014, 2015, 2016, 2047, 2100,
  5000, 70000 } do
  local s = ("abcdefghij"):rep(size // 10 + 1):sub(1, size)
  for _, t in ipairs { "", "x", "0123456789", ("y"):rep(41), s } do
    total = total + check(s .. t, s, t) + check(t .. s, t, s)
    total = total + check(t .. s .. t, t, s, t) + check(s .. t .. s .. t, s, t, s, t)
    total = total + check("a" .. t .. s .. "b" .. t, "a", t, s, "b", t)
    total = total + check(s .. 12 .. t .. 0.5, s, 12, t, 0.5) + check(-7 .. t .. s, -7, t, s)
    total = total + check(t .. t .. t .. t .. t .. t .. t .. s .. t .. t, t, t, t, t, t, t, t, s, t, t)
    -- What a joined string is joined to, twice, and then its own beginning again.
    local joined = s .. t .. "|"
    local one, two = joined .. "one", joined .. "two" .. t
    total = total + check(one, s, t, "|", "one") + check(two, s, t, "|", "two", t)
    total = total + check(joined .. joined .. one, joined, joined, one)
  end
end
print(total)

local front, back = "", ""
for i = 1, 3000 do
  front = i % 10 .. front
  back = back .. i % 10
end
print(front == back:reverse(), #front, front:sub(-12), back:sub(-12))

-- A metamethod between long operands.
local object = setmetatable({}, { __concat = function(a, b)
  return (type(a) == "table" and "<object>" or a) .. (type(b) == "table" and "<object>" or b)
end })
local long = ("z"):rep(600)
print(#(long .. object), #(object .. long), #(long .. long .. object .. long .. 5))
print(pcall(function() return long .. nil .. long end))
print(pcall(function() return long .. {} end))
