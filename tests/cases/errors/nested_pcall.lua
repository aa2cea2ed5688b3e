-- How deep pcall nests, and which error is the innermost.
local d=0
local function f() d=d+1 local ok,e=pcall(f) if not ok then error(e,0) end end
print(pcall(f)) print(d)
