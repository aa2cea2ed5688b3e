-- With known names alone nothing is loaded at run time; libraries are modules too.
local text = require "string"
print(text.format("%5.1f", 2), require("math").pi // 1)
local util = require "modules.util"
print(util.twice("4"))
local other = pcall(require, "modules.absent") and 1 or 2
print(other)
print(pcall(function() return require "modules.absent" end))
