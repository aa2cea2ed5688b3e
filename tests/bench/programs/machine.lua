-- A byte-code machine written in Lua: an assembler, a dispatch by if-chains, and a second machine
-- that dispatches through a table of functions.
--! category: control
--! args: 50

local n = tonumber(arg[1]) or 10000

-- Instructions: a name, and an operand where there is one.
local opcodes = {
  "push", "load", "store", "add", "sub", "mul", "mod", "less", "equal", "jump", "branch", "call",
  "ret", "dup", "drop", "get", "put", "halt",
}
local code_of = {}
for i, name in ipairs(opcodes) do code_of[name] = i end

local function assemble(source)
  local code, labels, fixes = {}, {}, {}
  for line in source:gmatch("[^\n]+") do
    local label = line:match("^(%w+):")
    if label then
      labels[label] = #code + 1
    else
      local name, operand = line:match("^%s+(%a+)%s*(%S*)")
      if name then
        code[#code + 1] = assert(code_of[name], name)
        if operand ~= "" then
          code[#code + 1] = tonumber(operand) or 0
          if not tonumber(operand) then fixes[#code] = operand end
        end
      end
    end
  end
  for at, label in pairs(fixes) do code[at] = assert(labels[label], label) end
  return code
end

local PUSH, LOAD, STORE, ADD, SUB, MUL, MOD, LESS, EQUAL = 1, 2, 3, 4, 5, 6, 7, 8, 9
local JUMP, BRANCH, CALL, RET, DUP, DROP, GET, PUT, HALT = 10, 11, 12, 13, 14, 15, 16, 17, 18

-- The first machine: one loop, one chain of tests.
local function run(code, memory)
  local stack, sp, frames, fp, pc, steps = {}, 0, {}, 0, 1, 0
  while true do
    local op = code[pc]
    pc = pc + 1
    steps = steps + 1
    if op == PUSH then
      sp = sp + 1
      stack[sp] = code[pc]
      pc = pc + 1
    elseif op == LOAD then
      sp = sp + 1
      stack[sp] = memory[code[pc]]
      pc = pc + 1
    elseif op == STORE then
      memory[code[pc]] = stack[sp]
      sp = sp - 1
      pc = pc + 1
    elseif op == ADD then
      stack[sp - 1] = stack[sp - 1] + stack[sp]
      sp = sp - 1
    elseif op == SUB then
      stack[sp - 1] = stack[sp - 1] - stack[sp]
      sp = sp - 1
    elseif op == MUL then
      stack[sp - 1] = stack[sp - 1] * stack[sp]
      sp = sp - 1
    elseif op == MOD then
      stack[sp - 1] = stack[sp - 1] % stack[sp]
      sp = sp - 1
    elseif op == LESS then
      stack[sp - 1] = stack[sp - 1] < stack[sp]
      sp = sp - 1
    elseif op == EQUAL then
      stack[sp - 1] = stack[sp - 1] == stack[sp]
      sp = sp - 1
    elseif op == JUMP then
      pc = code[pc]
    elseif op == BRANCH then
      if stack[sp] then pc = code[pc] else pc = pc + 1 end
      sp = sp - 1
    elseif op == CALL then
      fp = fp + 1
      frames[fp] = pc + 1
      pc = code[pc]
    elseif op == RET then
      pc = frames[fp]
      fp = fp - 1
    elseif op == DUP then
      stack[sp + 1] = stack[sp]
      sp = sp + 1
    elseif op == DROP then
      sp = sp - 1
    elseif op == GET then
      stack[sp] = memory[stack[sp]]
    elseif op == PUT then
      memory[stack[sp]] = stack[sp - 1]
      sp = sp - 2
    elseif op == HALT then
      return steps
    else
      error("bad instruction " .. tostring(op))
    end
  end
end

-- The second machine: an object, and a function for each instruction.
local Machine = {}
Machine.__index = Machine
function Machine.new(code, memory)
  return setmetatable({ code = code, memory = memory, stack = {}, sp = 0, frames = {}, pc = 1, steps = 0 }, Machine)
end
function Machine:push(value)
  self.sp = self.sp + 1
  self.stack[self.sp] = value
end
function Machine:pop()
  local value = self.stack[self.sp]
  self.sp = self.sp - 1
  return value
end
function Machine:operand()
  local value = self.code[self.pc]
  self.pc = self.pc + 1
  return value
end

local handlers = {
  [PUSH] = function(m) m:push(m:operand()) end,
  [LOAD] = function(m) m:push(m.memory[m:operand()]) end,
  [STORE] = function(m) m.memory[m:operand()] = m:pop() end,
  [ADD] = function(m) local b, a = m:pop(), m:pop() m:push(a + b) end,
  [SUB] = function(m) local b, a = m:pop(), m:pop() m:push(a - b) end,
  [MUL] = function(m) local b, a = m:pop(), m:pop() m:push(a * b) end,
  [MOD] = function(m) local b, a = m:pop(), m:pop() m:push(a % b) end,
  [LESS] = function(m) local b, a = m:pop(), m:pop() m:push(a < b) end,
  [EQUAL] = function(m) local b, a = m:pop(), m:pop() m:push(a == b) end,
  [JUMP] = function(m) m.pc = m.code[m.pc] end,
  [BRANCH] = function(m)
    local target = m:operand()
    if m:pop() then m.pc = target end
  end,
  [CALL] = function(m)
    local target = m:operand()
    table.insert(m.frames, m.pc)
    m.pc = target
  end,
  [RET] = function(m) m.pc = table.remove(m.frames) end,
  [DUP] = function(m) m:push(m.stack[m.sp]) end,
  [DROP] = function(m) m:pop() end,
  [GET] = function(m) m:push(m.memory[m:pop()]) end,
  [PUT] = function(m) local at, value = m:pop(), m:pop() m.memory[at] = value end,
  [HALT] = function(m) m.halted = true end,
}

function Machine:run()
  while not self.halted do
    local op = self.code[self.pc]
    self.pc = self.pc + 1
    self.steps = self.steps + 1
    handlers[op](self)
  end
  return self.steps
end

-- A program: a table of squares modulo 1009, then a search for the largest, with a subroutine.
local program = assemble([[
  push 0
  store 1
fill:
  load 1
  call square
  load 1
  push 100
  add
  put
  load 1
  push 1
  add
  dup
  store 1
  load 2
  less
  branch fill
  push 0
  store 1
  push 0
  store 3
scan:
  load 3
  load 1
  push 100
  add
  get
  less
  branch larger
next:
  load 1
  push 1
  add
  store 1
  load 1
  load 2
  equal
  branch done
  jump scan
larger:
  load 1
  push 100
  add
  get
  store 3
  jump next
square:
  dup
  mul
  push 1009
  mod
  push 3
  add
  push 3
  sub
  ret
done:
  halt
]])

local memory = { 0, n, 0 }
local steps = 0
for _ = 1, 12 do steps = steps + run(program, memory) end
print("first", steps, memory[3], memory[100 + n - 1])

memory = { 0, n, 0 }
local machine = Machine.new(program, memory)
steps = machine:run()
machine = Machine.new(program, memory)
steps = steps + machine:run()
print("second", steps, memory[3], memory[100 + n - 1], machine.sp)
