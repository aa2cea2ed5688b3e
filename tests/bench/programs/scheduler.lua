-- An operating system's scheduler, simulated with classes: tasks of four kinds pass packets
-- through queues, wait, and are woken by priority.
--! category: objects
--! args: 40

local rounds = tonumber(arg[1]) or 90000

-- A class with an optional parent.
local function class(parent)
  local c = {}
  c.__index = c
  if parent then setmetatable(c, { __index = parent }) end
  function c.new(...)
    local self = setmetatable({}, c)
    self:init(...)
    return self
  end
  return c
end

Packet = class()
function Packet:init(link, owner, kind)
  self.link = link
  self.owner = owner
  self.kind = kind
  self.position = 0
  self.data = { 0, 0, 0, 0 }
end

-- Adds the packet to the end of a queue, which is answered.
function Packet:append_to(queue)
  self.link = nil
  if queue == nil then return self end
  local last = queue
  while last.link do last = last.link end
  last.link = self
  return queue
end

READY, RUNNING, WAITING, SUSPENDED, HELD = "ready", "running", "waiting", "suspended", "held"

Task = class()
function Task:init(scheduler, id, priority, queue)
  self.scheduler = scheduler
  self.id = id
  self.priority = priority
  self.queue = queue
  self.held = false
  self.state = queue and READY or WAITING
  self.runs = 0
end

function Task:is_runnable()
  return not self.held and (self.state == READY or self.queue ~= nil)
end

function Task:take()
  local packet = self.queue
  if packet then
    self.queue = packet.link
    packet.link = nil
  end
  self.state = READY
  return packet
end

function Task:give(packet, from)
  local was_idle = self.queue == nil
  self.queue = packet:append_to(self.queue)
  if was_idle then
    self.state = READY
    if self.priority > from.priority then return self end
  end
  return from
end

function Task:name() return self.kind .. self.id end

function Task:step() error("abstract") end

-- Burns time: holds one of the two devices in turn, as the bits of a generator say.
Idle = class(Task)
Idle.kind = "idle"
function Idle:init(scheduler, id, count)
  Task.init(self, scheduler, id, 0, nil)
  self.seed = 1
  self.left = count
  self.state = READY
end

function Idle:step()
  self.left = self.left - 1
  if self.left <= 0 then
    return self.scheduler:hold(self)
  end
  self.seed = (self.seed * 25173 + 13849) % 65536
  local bit = math.floor(self.seed / 256) % 2
  return self.scheduler:release(bit == 0 and "device5" or "device6")
end

Worker = class(Task)
Worker.kind = "worker"
function Worker:init(scheduler, id, priority, queue)
  Task.init(self, scheduler, id, priority, queue)
  self.target = "handler3"
  self.letter = 0
end

function Worker:step()
  local packet = self:take()
  if not packet then return self.scheduler:wait(self) end
  self.target = self.target == "handler3" and "handler4" or "handler3"
  packet.owner = self.target
  packet.position = 0
  for i = 1, #packet.data do
    self.letter = self.letter % 26 + 1
    packet.data[i] = self.letter
  end
  return self.scheduler:send(self, packet)
end

Handler = class(Task)
Handler.kind = "handler"
function Handler:init(scheduler, id, priority, queue)
  Task.init(self, scheduler, id, priority, queue)
  self.work = nil
  self.devices = nil
end

function Handler:step()
  local packet = self:take()
  if packet then
    if packet.kind == "work" then
      self.work = packet:append_to(self.work)
    else
      self.devices = packet:append_to(self.devices)
    end
  end
  local work = self.work
  if work then
    if work.position >= #work.data then
      self.work = work.link
      work.owner = "worker2"
      return self.scheduler:send(self, work)
    end
    local device = self.devices
    if device then
      self.devices = device.link
      work.position = work.position + 1
      device.position = work.data[work.position]
      device.owner = device.home
      return self.scheduler:send(self, device)
    end
  end
  return self.scheduler:wait(self)
end

Device = class(Task)
Device.kind = "device"
function Device:init(scheduler, id, priority)
  Task.init(self, scheduler, id, priority, nil)
  self.pending = nil
end

function Device:step()
  if self.pending then
    local packet = self.pending
    self.pending = nil
    packet.owner = packet.back
    return self.scheduler:send(self, packet)
  end
  local packet = self:take()
  if not packet then return self.scheduler:wait(self) end
  self.pending = packet
  self.scheduler.written = (self.scheduler.written * 3 + packet.position) % 1000003
  return self.scheduler:hold(self)
end

Scheduler = class()
function Scheduler:init()
  self.tasks = {}
  self.by_name = {}
  self.sent, self.holds, self.waits, self.written = 0, 0, 0, 0
end

function Scheduler:add(task)
  table.insert(self.tasks, task)
  self.by_name[task:name()] = task
  table.sort(self.tasks, function(a, b) return a.priority > b.priority end)
  return task
end

function Scheduler:send(from, packet)
  self.sent = self.sent + 1
  local to = self.by_name[packet.owner]
  return to:give(packet, from)
end

function Scheduler:hold(task)
  self.holds = self.holds + 1
  task.held = true
  return nil
end

function Scheduler:wait(task)
  self.waits = self.waits + 1
  task.state = WAITING
  return nil
end

function Scheduler:release(name)
  local task = self.by_name[name]
  task.held = false
  if task.pending then task.state = READY end
  return task
end

function Scheduler:next()
  for _, task in ipairs(self.tasks) do
    if task:is_runnable() then return task end
  end
end

function Scheduler:run()
  local current = self:next()
  while current do
    if current:is_runnable() then
      current.runs = current.runs + 1
      current = current:step()
    else
      current = nil
    end
    current = current or self:next()
  end
end

local scheduler = Scheduler.new()
scheduler:add(Idle.new(scheduler, 1, rounds))
local queue
for i = 1, 2 do queue = Packet.new(nil, "worker2", "work"):append_to(queue) end
scheduler:add(Worker.new(scheduler, 2, 100, queue))
for handler = 3, 4 do
  local packets
  for i = 1, 3 do
    local packet = Packet.new(nil, "handler" .. handler, "device")
    packet.home, packet.back = "device" .. handler + 2, "handler" .. handler
    packets = packet:append_to(packets)
  end
  scheduler:add(Handler.new(scheduler, handler, 200 + handler, packets))
end
scheduler:add(Device.new(scheduler, 5, 400))
scheduler:add(Device.new(scheduler, 6, 500))
scheduler:run()

print(string.format("sent %d holds %d waits %d written %d",
  scheduler.sent, scheduler.holds, scheduler.waits, scheduler.written))
for _, task in ipairs(scheduler.tasks) do
  print(task:name(), task.runs, task.state)
end
