return { inner = require("modules.sub.inner") }
