-- An error value with __tostring is shown by it, without a traceback.
error(setmetatable({}, { __tostring = function() return "my error object" end }))
