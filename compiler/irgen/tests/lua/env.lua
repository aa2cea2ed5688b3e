-- The chunk's environment is named here, so functions capture it.
local function get(k) return _ENV[k], _ENV.x, y end
local function own(_ENV) z = 1; return function() return z end end
