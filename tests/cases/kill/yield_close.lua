-- __close handlers yield, at the end of a block, on return, break, goto, on an error and at the
-- end of a generic for; the values on their way out are kept.
local function closing(name)
  return setmetatable({}, { __close = function(_, e)
    local got = coroutine.yield("closing " .. name, e)
    print("closed", name, got)
  end })
end
local function run(title, f)
  print("-- " .. title)
  local co = coroutine.create(f)
  local n = 0
  local r = { coroutine.resume(co) }
  while coroutine.status(co) == "suspended" do
    print(r[1], r[2], r[3])
    n = n + 1
    r = { coroutine.resume(co, n) }
  end
  print("result", r[1], r[2], r[3], r[4])
end

run("block", function()
  do
    local a <close> = closing "a"
    local b <close> = closing "b"
    print("in block")
  end
  return "after"
end)
run("return", function()
  local function f(...)
    local a <close> = closing "a"
    local b <close> = closing "b"
    return 1, 2, ...
  end
  return f(3)
end)
run("break and goto", function()
  for i = 1, 2 do
    local a <close> = closing("loop" .. i)
    if i == 2 then break end
  end
  do
    local c <close> = closing "goto"
    goto out
  end
  ::out::
  return "out"
end)
run("error in pcall", function()
  return pcall(function()
    local a <close> = closing "a"
    local b <close> = closing "b"
    error("oops", 0)
  end)
end)
run("error in a handler replaces", function()
  return pcall(function()
    local a <close> = closing "a"
    local b <close> = setmetatable({}, { __close = function(_, e)
      coroutine.yield("b sees", e)
      error("second", 0)
    end })
    error("first", 0)
  end)
end)
run("generic for", function()
  local function next_one(_, i) if i < 3 then return i + 1 end end
  for i in next_one, nil, 0, closing "for end" do print("turn", i) end
  for i in next_one, nil, 0, closing "for break" do break end
  local function f() for i in next_one, nil, 0, closing "for return" do return "early", i end end
  return f()
end)
run("yield inside pcall inside close", function()
  local x <close> = setmetatable({}, { __close = function()
    print("inner", pcall(function() error(coroutine.yield("deep"), 0) end))
  end })
  return "done"
end)
run("coroutine dies with the error", function()
  local x <close> = closing "x"
  error("fatal", 0)
end)
