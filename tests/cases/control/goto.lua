-- goto: continue, nested breaks, backward jumps, labels at block ends and with equal names.
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto next_i end
    print(i, j)
  end
  ::next_i::
end
do
  local i = 1
  ::top::
  if i <= 3 then
    io.write(i, " ")
    i = i + 1
    goto top
  end
  print()
end
for i = 1, 3 do
  for j = 1, 3 do if i * j == 4 then goto done end end
end
::done::
print("done")
do goto skip local x ::skip:: end
do
  goto inner
  do ::hidden:: end
  ::inner:: ;
  print("inner")
end
local function f(n)
  if n == 0 then goto zero elseif n == 1 then goto one end
  do return "many" end
  ::zero:: do return "none" end
  ::one:: return "single"
end
print(f(0), f(1), f(2))
-- A state machine.
local state, text = 1, ""
::again::
if state == 1 then text = text .. "a" state = 2 goto again
elseif state == 2 then text = text .. "b" state = 3 goto again
elseif state == 3 then text = text .. "c" end
print(text)
repeat local x = 1 if x then goto continue end print("no") ::continue:: until true
while true do
  do break end
  print("never")
end
