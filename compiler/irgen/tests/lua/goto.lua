-- Forwards to the end of a loop's body, backwards, and out of two loops.
local i = 1
::top::
i = i + 1
for j = 1, 3 do
  if j == i then goto continue end
  for k = 1, 2 do
    local captured = k
    local f = function() captured = captured + 1 end
    if k == j then goto out end
  end
  ::continue::
end
if i < 10 then goto top end
::out::
return i
