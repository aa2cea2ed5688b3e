-- A chain of `__call`: each link becomes a further first argument, whatever arguments there are.
for links = 1, 6 do
  local callee = table.pack
  for i = 1, links do
    callee = setmetatable({ i }, { __call = callee })
  end
  local function tail(...)
    return callee(...)
  end
  for _, results in ipairs { callee("a", "b", "c"), callee(), callee("a", "b", "c", "d", "e"), tail("a", "b", "c", "d") } do
    for i = 1, results.n do
      local value = results[i]
      io.write(tostring(type(value) == "table" and value[1] or value), " ")
    end
    print(results.n)
  end
end
