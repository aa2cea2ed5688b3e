-- Appending in a loop shares bytes between the strings; none may see what another appended.
local function sum(s)
  local n = 0
  for i = 1, #s do n = (n * 31 + s:byte(i)) % 1000003 end
  return #s .. ":" .. n
end
local s = ""
for i = 1, 300 do s = s .. "x" end
print(sum(s))
-- Two ways on from one string, and from both of those.
local a, b = s .. "left", s .. "right"
local c, d = a .. "!", a .. "?"
print(a:sub(-6), b:sub(-6), c:sub(-6), d:sub(-6), sum(a), sum(b), sum(c), sum(d))
-- A string behind itself and behind its own parts.
local e = s
for i = 1, 4 do e = e .. e end
print(sum(e))
e = e .. e:sub(100, 250)
print(sum(e))
-- Numbers, and nothing.
local f = s
for i = 1, 50 do f = f .. i f = f .. i / 4 f = f .. "" end
f = f .. -7 f = f .. math.mininteger f = f .. 1e100 f = f .. -0.0
print(sum(f), f:sub(-60))
-- All prefixes stay what they were.
local all, t = {}, ("y"):rep(41)
for i = 1, 200 do t = t .. string.char(65 + i % 26) all[i] = t end
local good = true
for i = 1, 200 do good = good and all[i] == t:sub(1, 41 + i) end
print(good, sum(t))
-- As keys, and by length around that of short strings.
local keys = {}
local k = ""
for i = 1, 90 do k = k .. "k" keys[k] = i end
print(keys[("k"):rep(39)], keys[("k"):rep(40)], keys[("k"):rep(41)], keys[("k"):rep(90)])
-- With metamethods and with what cannot be joined.
local m = setmetatable({}, { __concat = function(l, r) return (type(l) == "string" and #l or "m") .. "/" .. (type(r) == "string" and #r or "m") end })
print(s .. m, m .. s, (s .. "z") .. m)
print(pcall(function() return s .. nil end))
print(pcall(function() local u = {} return s .. u end))
