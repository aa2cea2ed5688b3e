-- Concatenation: appending to a string piece by piece, and joining two and five operands.
--! category: library
--! gc: once
--! args: 1

local rounds = tonumber(arg[1]) or 5

local size = 0
for _ = 1, rounds do
  -- Appending, by one byte and by ten.
  local s = ""
  for _ = 1, 20000 do s = s .. "x" end
  size = size + #s
  s = ""
  for i = 1, 20000 do
    s = s .. "0123456789"
    if i % 1000 == 0 then size = size + s:byte(i) end
  end
  size = size + #s
  -- The other end.
  s = ""
  for _ = 1, 2000 do s = "x" .. s end
  size = size + #s

  local a, b, long = "foo", "bar", ("x"):rep(100)
  for i = 1, 20000 do
    size = size + #(a .. b) + #(a .. i) + #(a .. ":" .. b .. "-" .. i)
    size = size + #(long .. b) + #(a .. long) + #(long .. i .. a .. b .. long)
  end
end
print(size)
