local ping = require("modules.ping")
return function(other) return "pong " .. tostring(ping == other) end
