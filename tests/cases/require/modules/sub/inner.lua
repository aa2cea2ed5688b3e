local util = require("modules.util") return { name = (...), util = util }
