-- In a finalizer nothing about collections can be asked or changed: all answers are nil.
local answers
setmetatable({}, {
  __gc = function()
    answers = { n = 0 }
    for _, option in ipairs { "collect", "count", "step", "stop", "isrunning", "generational" } do
      answers.n = answers.n + 1
      answers[answers.n] = tostring(collectgarbage(option))
    end
  end,
})
collectgarbage()
print(table.concat(answers, " "))
print(collectgarbage("isrunning"))
