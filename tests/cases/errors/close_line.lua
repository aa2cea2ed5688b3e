-- Variables that are open where a function ends are closed in the line of its `end`.
local function f()
  local a <close> = setmetatable({}, { __close = function() error("closing", 2) end })
  print(1)

end
print(pcall(f))

-- A `break` closes them in the line where its loop ends.
local function where()
  return setmetatable({}, { __close = function() print(debug.traceback()) end })
end
local function breaks()
  for i = 1, 2 do
    local x <close> = where()
    if i == 2 then
      break
    end
  end
  for _ in pairs({ 1 }) do
    local x <close> = where()
    do
      break
    end
  end
  while true do
    local x <close> = where()
    print(2)
    break
  end
  repeat
    local x <close> = where()
    if print then break end
  until
    false
end
breaks()
