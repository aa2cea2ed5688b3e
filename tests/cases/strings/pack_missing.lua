-- Values that a format asks for and nobody gave.
for _, format in ipairs { "i", "I2", "j", "f", "d", "n", "z", "s1", "c3" } do
  print(format, pcall(string.pack, format))
  print(format, pcall(string.pack, "i1 " .. format, 1))
  print(format, pcall(string.pack, format, nil))
end
