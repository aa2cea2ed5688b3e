-- Modules whose names are known only when the program runs.
for _, name in ipairs { "util", "no" } do
  local module = require("modules." .. name)
  print(name, type(module))
end
local req = require
print(pcall(req, "modules." .. "nowhere") == false)
local ok, message = pcall(function(name) return require(name) end, "modules.nowhere")
print(ok, message)
