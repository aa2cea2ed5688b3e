--! gc: once
-- So much memory that there are collections of the young without any stress.
local ballast = ("x"):rep(5 << 20)
collectgarbage()
require("modules.generations")(15000, "inserted_and_sorted")
print(#ballast)
