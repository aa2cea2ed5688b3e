-- An error value that is no string: its type is told.
print("x")
error({ code = 2 })
