-- A one-way constraint solver with a hierarchy of classes: variables, constraints with strengths,
-- and plans that are made again when a stronger constraint comes.
--! category: objects
--! args: 5

local n = tonumber(arg[1]) or 400

local Object = {}
Object.__index = Object
function Object:extend()
  local c = {}
  for k, v in pairs(self) do
    if k:sub(1, 2) == "__" then c[k] = v end
  end
  c.__index = c
  c.super = self
  return setmetatable(c, self)
end
function Object:__call(...)
  local object = setmetatable({}, self)
  object:new(...)
  return object
end
setmetatable(Object, { __call = Object.__call })

-- Strengths: the smaller the level, the stronger.
Strength = Object:extend()
function Strength:new(level, name) self.level, self.name = level, name end
function Strength:stronger_than(other) return self.level < other.level end
function Strength:weaker_than(other) return self.level > other.level end
function Strength.weakest(a, b) if a.level > b.level then return a end return b end

local REQUIRED = Strength(0, "required")
local PREFERRED = Strength(1, "preferred")
local STRONG = Strength(2, "strong")
local NORMAL = Strength(3, "normal")
local WEAK = Strength(4, "weak")
local WEAKEST = Strength(5, "weakest")

Variable = Object:extend()
function Variable:new(name, value)
  self.name = name
  self.value = value
  self.constraints = {}
  self.determined_by = nil
  self.walk = WEAKEST
  self.stays = true
  self.mark = 0
end
function Variable:add(constraint) self.constraints[#self.constraints + 1] = constraint end
function Variable:remove(constraint)
  for i, c in ipairs(self.constraints) do
    if c == constraint then
      table.remove(self.constraints, i)
      break
    end
  end
  if self.determined_by == constraint then self.determined_by = nil end
end

Constraint = Object:extend()
function Constraint:new(strength) self.strength = strength end
function Constraint:is_input() return false end
function Constraint:satisfy(mark, solver)
  self:choose_method(mark)
  if not self:is_satisfied() then
    if self.strength == REQUIRED then error("a required constraint cannot be satisfied") end
    return nil
  end
  self:mark_inputs(mark)
  local out = self:output()
  local overridden = out.determined_by
  if overridden then overridden:mark_unsatisfied() end
  out.determined_by = self
  assert(solver:propagate(self, mark), "a cycle")
  out.mark = mark
  return overridden
end

-- A constraint on one variable.
Unary = Constraint:extend()
function Unary:new(variable, strength, solver)
  Unary.super.new(self, strength)
  self.variable = variable
  self.satisfied = false
  variable:add(self)
  solver:incremental_add(self)
end
function Unary:is_satisfied() return self.satisfied end
function Unary:choose_method(mark)
  self.satisfied = self.variable.mark ~= mark and self.strength:stronger_than(self.variable.walk)
end
function Unary:mark_inputs() end
function Unary:mark_unsatisfied() self.satisfied = false end
function Unary:output() return self.variable end
function Unary:inputs_known() return true end
function Unary:recalculate()
  self.variable.walk = self.strength
  self.variable.stays = not self:is_input()
  if self.variable.stays then self:execute() end
end
function Unary:remove_from_graph()
  self.variable:remove(self)
  self.satisfied = false
end

Stay = Unary:extend()
function Stay:execute() end

Edit = Unary:extend()
function Edit:is_input() return true end
function Edit:execute() end

-- A constraint between two variables that can be solved for either.
Binary = Constraint:extend()
function Binary:new(a, b, strength, solver)
  Binary.super.new(self, strength)
  self.a, self.b = a, b
  self.direction = nil
  a:add(self)
  b:add(self)
  solver:incremental_add(self)
end
function Binary:is_satisfied() return self.direction ~= nil end
function Binary:choose_method(mark)
  local a, b = self.a, self.b
  self.direction = nil
  if a.mark == mark then
    if b.mark ~= mark and self.strength:stronger_than(b.walk) then self.direction = "forward" end
  elseif b.mark == mark then
    if self.strength:stronger_than(a.walk) then self.direction = "backward" end
  elseif a.walk:weaker_than(b.walk) then
    if self.strength:stronger_than(a.walk) then self.direction = "backward" end
  elseif self.strength:stronger_than(b.walk) then
    self.direction = "forward"
  end
end
function Binary:input() return self.direction == "forward" and self.a or self.b end
function Binary:output() return self.direction == "forward" and self.b or self.a end
function Binary:mark_inputs(mark) self:input().mark = mark end
function Binary:mark_unsatisfied() self.direction = nil end
function Binary:inputs_known(mark)
  local input = self:input()
  return input.mark == mark or input.stays or input.determined_by == nil
end
function Binary:recalculate()
  local input, out = self:input(), self:output()
  out.walk = Strength.weakest(self.strength, input.walk)
  out.stays = input.stays
  if out.stays then self:execute() end
end
function Binary:remove_from_graph()
  self.a:remove(self)
  self.b:remove(self)
  self.direction = nil
end

Equal = Binary:extend()
function Equal:execute() self:output().value = self:input().value end

-- b = a * scale + offset.
Scale = Binary:extend()
function Scale:new(a, scale, offset, b, strength, solver)
  self.scale, self.offset = scale, offset
  Scale.super.new(self, a, b, strength, solver)
end
function Scale:execute()
  if self.direction == "forward" then
    self.b.value = self.a.value * self.scale.value + self.offset.value
  else
    self.a.value = math.floor((self.b.value - self.offset.value) / self.scale.value)
  end
end

Solver = Object:extend()
function Solver:new() self.mark = 0 end
function Solver:new_mark()
  self.mark = self.mark + 1
  return self.mark
end
function Solver:incremental_add(constraint)
  local mark = self:new_mark()
  local overridden = constraint:satisfy(mark, self)
  while overridden do overridden = overridden:satisfy(mark, self) end
end
function Solver:propagate(constraint, mark)
  local todo = { constraint }
  while #todo > 0 do
    local c = table.remove(todo)
    local out = c:output()
    if out.mark == mark then return false end
    c:recalculate()
    self:add_consumers(out, todo)
  end
  return true
end
function Solver:add_consumers(variable, list)
  local determining = variable.determined_by
  for _, c in ipairs(variable.constraints) do
    if c ~= determining and c:is_satisfied() then list[#list + 1] = c end
  end
end
function Solver:incremental_remove(constraint)
  local out = constraint:output()
  constraint:mark_unsatisfied()
  constraint:remove_from_graph()
  local unsatisfied = self:remove_propagate_from(out)
  for _, c in ipairs(unsatisfied) do self:incremental_add(c) end
end
function Solver:remove_propagate_from(out)
  out.determined_by = nil
  out.walk = WEAKEST
  out.stays = true
  local unsatisfied, todo = {}, { out }
  while #todo > 0 do
    local v = table.remove(todo)
    for _, c in ipairs(v.constraints) do
      if not c:is_satisfied() then table.insert(unsatisfied, c) end
    end
    for _, c in ipairs(v.constraints) do
      if c ~= v.determined_by and c:is_satisfied() then
        c:recalculate()
        table.insert(todo, c:output())
      end
    end
  end
  table.sort(unsatisfied, function(a, b) return a.strength:stronger_than(b.strength) end)
  return unsatisfied
end
-- The constraints to run, in order, when the inputs change.
function Solver:plan(sources)
  local mark, plan, todo = self:new_mark(), {}, sources
  while #todo > 0 do
    local c = table.remove(todo)
    local out = c:output()
    if out.mark ~= mark and c:inputs_known(mark) then
      plan[#plan + 1] = c
      out.mark = mark
      self:add_consumers(out, todo)
    end
  end
  return plan
end
function Solver:change(variable, value)
  local edit = Edit(variable, PREFERRED, self)
  local plan = self:plan({ edit })
  for _ = 1, 10 do
    variable.value = value
    for _, c in ipairs(plan) do c:execute() end
  end
  self:incremental_remove(edit)
  return #plan
end

-- A long chain of equalities, with a stay at its end and an edit at its start.
local function chain(n)
  local solver = Solver()
  local first, previous, last
  for i = 0, n do
    local v = Variable("v" .. i, 0)
    if previous then Equal(previous, v, REQUIRED, solver) end
    first = first or v
    previous, last = v, v
  end
  Stay(last, STRONG, solver)
  local edit = Edit(first, PREFERRED, solver)
  local plan = solver:plan({ edit })
  for i = 0, 99 do
    first.value = i
    for _, c in ipairs(plan) do c:execute() end
    assert(last.value == i, "the chain is broken")
  end
  solver:incremental_remove(edit)
  return #plan
end

-- Two sets of variables, each pair bound by a scale and an offset.
local function projection(n)
  local solver = Solver()
  local scale, offset = Variable("scale", 10), Variable("offset", 1000)
  local sources, targets = {}, {}
  for i = 1, n do
    local source, target = Variable("source", i), Variable("target", i)
    sources[i], targets[i] = source, target
    Stay(source, NORMAL, solver)
    Scale(source, scale, offset, target, REQUIRED, solver)
  end
  local steps = solver:change(sources[1], 17) + solver:change(targets[n], 1050)
  assert(targets[1].value == 1170 and sources[n].value == 5)
  for i = 1, 5 do
    steps = steps + solver:change(scale, i + 1) + solver:change(offset, i * 1000)
  end
  local sum = 0
  for i = 1, n do
    -- The stays pull what was changed back to what it was before.
    sum = sum + targets[i].value - sources[i].value
  end
  return steps, sum
end

print("chain", chain(n * 10))
local steps, sum = projection(n)
print(string.format("projection %d steps, sum %d", steps, sum))
for i = 1, 20 do chain(n) end
local weak = Solver()
local a, b = Variable("a", 1), Variable("b", 2)
Stay(a, WEAK, weak)
Equal(a, b, REQUIRED, weak)
print("equal", a.value, b.value, b.walk.name)
