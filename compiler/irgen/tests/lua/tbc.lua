-- Variables to be closed, on each way out of their scope.
local function open() return setmetatable({}, { __close = print }) end
local function way(n)
  local a <close> = open()
  for i = 1, 2 do
    local b <close>, c = open()
    if n == 1 then break end
    if n == 2 then goto out end
    if n == 3 then return 1, c end
    if n == 4 then return open() end
    if n == 5 then return 1, (open()) end
  end
  for k in pairs(n) do return k end
  repeat local d <close> = nil until d
  ::out::
end
