-- The message handler of a stack overflow catches another one, and goes on to use the library. In tier 0, whose
-- frames lie on the value stack, later overflows say "error in error handling" (docs/differences.md).
--! modes: O0 O2
local function loop(x, y, z) return 1 + loop(x, y, z) end
for _ = 1, 3 do
  local ok, message = xpcall(loop, function(first)
    assert(first:find("stack overflow"))
    local ok, second = pcall(loop)
    assert(not ok and second:find("error handling"), second)
    assert(math.sin(0) == 0 and tostring(12) .. "!" == "12!")
    return 15
  end)
  print(ok, message)
end
-- Afterwards the whole stack is there again.
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(100000), (pcall(loop)))
