-- The step of gmatch: new and known words, long ones, many captures, positions, empty matches, nesting,
-- errors, and collections in between.

local words = {}
for i = 1, 3000 do words[i] = "word" .. i end
local text = table.concat(words, " ")
local count, size = 0, 0
for word in text:gmatch("%w+") do
  count = count + 1
  assert(word == words[count])
  size = size + #word
end
print(count, size)

-- Long matches and short ones in turn.
local lines = {}
for i = 1, 200 do lines[i] = ("line"):rep(i % 40) .. i end
count = 0
for line in table.concat(lines, "\n"):gmatch("[^\n]+") do
  count = count + 1
  assert(line == lines[count])
  if count % 50 == 0 then collectgarbage() end
  -- Another match in between.
  assert(line:match("%d+$") == tostring(count) and line:find("%d"))
end
print(count)

for a, b, c, d, e, f, g, h in ("12345678 abcdefgh"):gmatch("(.)(.)(.)(.)(.)(.)(.)(.)") do print(a, b, c, d, e, f, g, h) end
for a, b, c, d, e, f, g, h, i, j in ("0123456789abcdefghij"):gmatch(("(.)"):rep(10)) do
  print(a, b, c, d, e, f, g, h, i, j)
end
for place, word, after in ("one two  three"):gmatch("()(%a+)()") do print(place, word, after) end
for a, b in ("k=v, long=" .. ("x"):rep(50)):gmatch("(%w+)=(%w+)") do print(a, b) end
for a in ("abc"):gmatch("") do io.write("[", a, "]") end
for a in ("abc"):gmatch("x*") do io.write("<", a, ">") end
print()
for w in ("a b c d"):gmatch("%a", 4) do io.write(w, ".") end
for w in ("a b c d"):gmatch("%a", -1) do io.write(w, ";") end
for _ in ("abc"):gmatch("()", 10) do io.write("never") end
print()

-- Nested iterators over the same pattern and subject.
local inner = 0
for a in ("a b c"):gmatch("%a") do
  for b in ("a b c"):gmatch("%a") do
    if a == b then inner = inner + 1 end
    for c in ("xyz" .. a .. ("q"):rep(60)):gmatch("%a+") do inner = inner + #c end
  end
end
print(inner)

-- Steps called by hand, past the end, and by turns.
local step, other = ("a bb " .. ("c"):rep(45)):gmatch("%a+"), ("1 2 3"):gmatch("%d")
print(step(), other(), step(), other(), #step(), other())
print(step(), other(), step())

-- Deep patterns and malformed ones.
print(pcall(function() for a in ("x"):rep(300):gmatch(("(x?)"):rep(20)) do io.write(#a) end end))
print(pcall(function() for a in ("x"):rep(300):gmatch(("x?"):rep(250)) do io.write(#a) end end))
print(pcall(function() for _ in ("abc"):gmatch("[a") do end end))
print(pcall(function() for _ in ("abc"):gmatch("%") do end end))
print(pcall(function() for _ in ("abc"):gmatch("(a") do end end))
print(pcall(function() for _ in ("abc"):gmatch("a)") do end end))
print(pcall(string.gmatch)) print(pcall(string.gmatch, "x"))

-- Replacements by functions of the library.
print((text:sub(1, 60):gsub("%w+", string.upper)), pcall(string.gsub, "a-b", "%a", string.rep))
print(("12 x 0x10"):gsub("%w+", tonumber), ("a b"):gsub("%a", string.byte), ("a b"):gsub("%a", type))
print(pcall(string.gsub, "a b", "%a", math.floor), pcall(string.gsub, "a", "a", setmetatable))
print(("hello"):gsub("l", "%%"), ("hello"):gsub("l", "[%0]"), ("hello"):gsub(".", ""), ("abc"):gsub("", "-"))
