print("loading util")
local util = { name = ... }
shared = (shared or 0) + 1
function util.twice(x) return x * 2 end
function util.fail()
  local t = nil
  return t.x
end
return util
