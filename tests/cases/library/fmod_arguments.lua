-- Arguments are checked in the reference's order, which is not always the first one first.
print(pcall(math.fmod, "a"))
print(pcall(math.fmod, "a", "b"))
print(pcall(math.fmod, 1))
print(pcall(math.fmod, {}, 1.5))
print(pcall(math.fmod, 1, 0))
print(pcall(math.fmod, 1.5, "x"))
