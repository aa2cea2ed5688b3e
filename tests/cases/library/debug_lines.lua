-- The lines that a hook hears of: jumps that lead to jumps, breaks, expressions over several lines.

local lines = {}
local function note() end
local function body(x, ...)
  local i = 0
  while i < 3 do
    i = i + 1
    if i == 2 then
      note(i)
    end
  end
  if i == 3 then
    if i == 4 then
      note(1)
    end
  else
    note(2)
  end
  repeat
    i = i + 1
    if i < 5 then
      if i > 4 then
        note(3)
      else
        note(4)
      end
    end
  until i > 6
  for k = 1, 3 do
    if k == 2 then
      goto continue
    end
    while true do
      if k == 3 then
        break
      elseif k == 1 then
        break
      end
    end
    ::continue::
  end
  local a = x
    and i
    or x
  local s = "a"
    .. "b"
    .. a
  local t = {
    1,
    [2] = #[[
]],
    x = function()
      return a
    end,
    ...
  }
  for _, v in ipairs(t) do
    local function f() return v end
    if v == 2 then
      break
    end
  end
  do
    local c <close> = setmetatable({}, {__close = function()
      note()
    end})
    note(
      t.x(),
      1
    )
  end
  goto done
  ::done::
  return note(s)
end

debug.sethook(function(event, line)
  lines[#lines + 1] = line - debug.getinfo(2, "S").linedefined
end, "l")
body(true, 4, 5)
debug.sethook()
print(table.concat(lines, " "))
local info = debug.getinfo(body, "SL")
local active = {}
for line in pairs(info.activelines) do active[#active + 1] = line - info.linedefined end
table.sort(active)
print(table.concat(active, " "))
