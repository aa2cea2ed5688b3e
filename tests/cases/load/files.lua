-- Files as chunks: first lines that are no Lua, precompiled ones, modes, what cannot be read.
local d = string.dump(function() return 42 end)
-- files
local n = os.tmpname()
local function write(s) local h = io.open(n, "wb") h:write(s) h:close() end
local function short(...) local t = {...} for i = 1, select("#", ...) do if type(t[i]) == "string" then t[i] = t[i]:gsub(n:gsub("%p", "%%%0"), "FILE") elseif type(t[i]) == "function" then t[i] = "function" end end return table.unpack(t, 1, select("#", ...)) end
for _, s in ipairs{"return 1", "#!x\nreturn 2", "\xEF\xBB\xBFreturn 3", "\xEF\xBB\xBF#x\nreturn 4", "#x", "", "#x\n" .. d, "\xEF\xBB\xBF" .. d, d, "x =", "\xEF\xBBreturn 1", "# a\n# b", d:sub(1, 30), "return 5\0", "\n\nerror'x'"} do
  write(s)
  print(_, short(loadfile(n)), short(loadfile(n, "b")), short(loadfile(n, "t")), short(pcall(dofile, n)))
end
print(short(loadfile(n, "t", {}))) print(loadfile("/nonexistent/x")) print(pcall(dofile, "/nonexistent/x")) print(loadfile("/tmp"))
write("x = 5; return x, ...") local env = {} print(loadfile(n, "bt", env)(9), env.x, x)
os.remove(n)
