-- Closures as programs: recursion by a fixed-point combinator, and a compiler from a small tree
-- language to one closure for each instruction.
--! category: calls
--! args: 6 0.03

local n = tonumber(arg[1]) or 26
local scale = tonumber(arg[2]) or 26

-- The fixed-point combinator of strict languages.
local function fix(f)
  return (function(x) return x(x) end)(function(x)
    return f(function(...) return x(x)(...) end)
  end)
end

local fib = fix(function(self)
  return function(n)
    if n < 2 then return n end
    return self(n - 1) + self(n - 2)
  end
end)

local gcd = fix(function(self)
  return function(a, b)
    if b == 0 then return a end
    return self(b, a % b)
  end
end)

-- The compiler: each node becomes a closure that takes the environment.
local compile = {}

local function expression(node)
  if type(node) == "number" then
    return function() return node end
  elseif type(node) == "string" then
    return function(env) return env[node] end
  end
  return compile[node[1]](node)
end

local function binary(name, make)
  compile[name] = function(node) return make(expression(node[2]), expression(node[3])) end
end

binary("+", function(a, b) return function(env) return a(env) + b(env) end end)
binary("-", function(a, b) return function(env) return a(env) - b(env) end end)
binary("*", function(a, b) return function(env) return a(env) * b(env) end end)
binary("%", function(a, b) return function(env) return a(env) % b(env) end end)
binary("<", function(a, b) return function(env) return a(env) < b(env) end end)
binary("==", function(a, b) return function(env) return a(env) == b(env) end end)

compile["set"] = function(node)
  local name, value = node[2], expression(node[3])
  return function(env) env[name] = value(env) end
end

compile["do"] = function(node)
  local body = {}
  for i = 2, #node do body[i - 1] = expression(node[i]) end
  return function(env)
    local last
    for i = 1, #body do last = body[i](env) end
    return last
  end
end

compile["if"] = function(node)
  local test, yes, no = expression(node[2]), expression(node[3]), expression(node[4])
  return function(env)
    if test(env) then return yes(env) end
    return no(env)
  end
end

compile["while"] = function(node)
  local test, body = expression(node[2]), expression(node[3])
  return function(env)
    while test(env) do body(env) end
  end
end

compile["function"] = function(node)
  local name, parameter, body = node[2], node[3], expression(node[4])
  return function(env)
    env[name] = function(x)
      local inner = setmetatable({ [parameter] = x }, { __index = env })
      return body(inner)
    end
  end
end

compile["call"] = function(node)
  local name, argument = node[2], expression(node[3])
  return function(env) return env[name](argument(env)) end
end

local program = expression({
  "do",
  { "set", "i", 0 },
  { "set", "sum", 0 },
  { "set", "odd", 0 },
  { "while", { "<", "i", "limit" }, {
    "do",
    { "set", "i", { "+", "i", 1 } },
    { "if", { "==", { "%", "i", 2 }, 0 },
      { "set", "sum", { "%", { "+", { "*", "sum", 3 }, "i" }, 1000003 } },
      { "set", "odd", { "+", "odd", { "-", "i", 1 } } } },
  } },
  "sum",
})

local recursive = expression({
  "do",
  { "function", "fact", "n", { "if", { "<", "n", 2 }, 1,
    { "%", { "*", "n", { "call", "fact", { "-", "n", 1 } } }, 1000003 } } },
  { "call", "fact", "limit" },
})

print("fix", fib(n), gcd(n * 462, n * 1071))
local env = { limit = scale * 10000 }
print("loop", program(env), string.format("%d", env.odd))
local last = 0
for i = 1, scale * 80 do last = (last + recursive({ limit = 50 + i % 10 })) % 1000003 end
print("recursive", last)

-- A chain of closures, each over the one before.
local function chain(length)
  local f = function(x) return x end
  for i = 1, length do
    local inner = f
    f = function(x) return inner(x + i) % 10007 end
  end
  return f
end
local sum = 0
for i = 1, scale * 80 do sum = sum + chain(100)(i) end
print("chain", sum)
