-- `select` of variable arguments, which compiled code answers in line, and what it leaves.
local function show(...) print(...) end
local function count(...) return select("#", ...) end
local function at(i, ...) return (select(i, ...)) end
local function rest(i, ...) return select(i, ...) end
show(count(), count(nil), count(nil, nil), count(1, nil, 3))
show(at(1), at(1, "a"), at(2, "a"), at(2, "a", "b"), at(3, "a", nil, "c"), at(2, "a", nil, "c"))
show(at(-1, 1, 2, 3), at(-3, 1, 2, 3), at("2", 1, 2, 3), at(2.0, 1, 2, 3), at("#", 1, 2, 3))
show(rest(2, 1, 2, 3)) show(rest(-2, 1, 2, 3)) show(rest("#", 1, 2)) show(rest(9, 1))
show(pcall(at, 0, 1)) show(pcall(at, -2, 1)) show(pcall(at, 1.5, 1)) show(pcall(at, "x", 1))
show(pcall(at, nil, 1)) show(pcall(at)) show(pcall(at, {}, 1)) show(pcall(at, math.mininteger, 1))
show(at(math.maxinteger, 1, 2))
local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total
end
show(sum(), sum(1), sum(1, 2.5), pcall(sum, 1, nil))
local many = {}
for i = 1, 400 do many[i] = i end
show(sum(table.unpack(many)), count(table.unpack(many)), at(300, table.unpack(many)))
do
  local function select(i, ...) return "mine", i, ... end
  local function mine(...) return (select("#", ...)), (select(2, ...)) end
  show(mine(1, 2))
end
local function object(...) local select = setmetatable({}, { __call = function(_, i, ...) return i, ... end }) return (select(2, ...)) end
show(object(5, 6))
local function none(...) local select return (select(1, ...)) end
show(pcall(none, 1))
local old = select
select = function(...) return old(...) end
local function global(...) return (select("#", ...)), (select(1, ...)) end
show(global("p", "q"))
select = old
show(global("p", "q"))
local co = coroutine.wrap(function(...) for i = 1, select("#", ...) do coroutine.yield((select(i, ...))) end end)
show(co("x", "y"), co(), co())

-- Short strings and numbers joined.
local function join(a, b, c) return a .. b, b .. c, a .. b .. c end
for _, t in ipairs { { "a", "b", "c" }, { 1, 2, 3 }, { 1.5, "x", -0.0 }, { "", "", "" }, { "", 7, "" }, { 1e100, " ", math.mininteger },
  { ("x"):rep(20), ("y"):rep(20), "z" }, { ("x"):rep(39), "y", "" }, { ("x"):rep(300), ("y"):rep(41), 1 } } do
  show(join(t[1], t[2], t[3]))
end
show(pcall(join, "a", {}, "c")) show(pcall(join, "a", "b", nil)) show(pcall(join, nil, 1, 2))
local meta = setmetatable({}, { __concat = function(a, b) return type(a) .. type(b) end })
show(join("a", meta, "c")) show(join(meta, 1, 2)) show(join(1, 2, meta))
show(("ab" .. "cd") == "abcd", ({ abcd = 1 })["ab" .. "cd"], #(1 .. ""))
