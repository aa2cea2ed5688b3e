-- Modules that are required by constant names: what `require` returns, what it keeps, and how
-- their functions are called in messages.
local util = require("modules.util")
print(util.name, util.twice(21), shared)
print(require "modules.util" == util, select("#", require "modules.util"))
print(package.loaded["modules.util"] == util)

-- What a module returns is what `require` gives, unless it is nil.
print((require("modules.nothing")), package.loaded["modules.nothing"])
print((require("modules.no")), package.loaded["modules.no"])
print((require("modules.no")))
print((require("modules.sets")))

-- A folder with an `init.lua`, and a module that requires others.
print(require("modules.package").inner.name)

-- Modules that require each other: the inner one sees what is loaded so far.
print((require("modules.ping")).pong)

-- Optional modules.
print(pcall(require, "modules.absent") == false, (select(2, pcall(require, "modules.util"))) == util)

-- Errors name the module's file.
print(pcall(util.fail))
print(pcall(require, "modules.raises"))
print(pcall(require, "modules.raises"))
print(select(2, xpcall(util.fail, debug.traceback)))

-- A loader in `package.preload` of the program's own.
package.preload["modules.own"] = function(...) print("own loader", ...) return { 1 } end
print(#require("modules.own"))

-- Loaded again after it was forgotten.
package.loaded["modules.util"] = nil
print((require("modules.util")) == util)
