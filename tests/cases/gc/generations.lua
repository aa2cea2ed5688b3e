-- A small heap, for collections at every safepoint.
require("modules.generations")(20)
