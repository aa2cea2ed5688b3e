-- Fails while it is loaded.
local x = 1
error("cannot be loaded")
