-- The library utf8 on mixed text: codes, char, len, offset, codepoint.
--! category: library
--! luajit: no, it has no `utf8`
--! gc: once
--! args: 1

local rounds = tonumber(arg[1]) or 60

local text = ("naïve café – 日本語 text, plain ascii words here 🙂 "):rep(500)
local sum = 0
for i = 1, rounds do
  for place, code in utf8.codes(text) do sum = sum + place + code end
  sum = sum + utf8.len(text)
  for k = 1, 300 do sum = sum + utf8.offset(text, k) end
  for _, code in ipairs({ utf8.codepoint(text, 1, utf8.offset(text, 200) - 1) }) do
    sum = sum + code
  end
  for k = 1, 20000 do sum = sum + #utf8.char(k, 233, 0x65E5) end
  for char in text:gmatch(utf8.charpattern) do sum = sum + #char end
end
print(sum)
