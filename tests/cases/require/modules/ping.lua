local ping = {}
package.loaded[...] = ping
ping.pong = require("modules.pong")(ping)
return ping
