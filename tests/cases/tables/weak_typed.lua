-- A weak table made with an element of one kind loses it to an automatic collection, too.
local x = { [1] = {} }
setmetatable(x, { __mode = "kv" })
while x[1] do local garbage = {} end
print("done")
