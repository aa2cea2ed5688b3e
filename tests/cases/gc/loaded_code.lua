-- What loaded code takes counts: texts that nobody uses any more do not pile up.
local text = {}
for i = 1, 400 do text[i] = "function f" .. i .. "(a, b) if a > b then return a + " .. i .. " end end" end
text = table.concat(text, "\n")
collectgarbage()
local before = collectgarbage("count")
local kept = load(text)
print(collectgarbage("count") - before > #text / 1024)
kept = nil
collectgarbage()
print(collectgarbage("count") - before < 64)
local most = 0
for _ = 1, 300 do
  load(text)
  most = math.max(most, collectgarbage("count"))
end
print(most - before < 16 * 1024)
collectgarbage()
print(collectgarbage("count") - before < 64)
-- Likewise where the functions were called.
for _ = 1, 50 do
  load(text)()
  for i = 1, 400 do _ENV["f" .. i](1, 2) end
end
for i = 1, 400 do _ENV["f" .. i] = nil end
collectgarbage()
print(collectgarbage("count") - before < 256)
