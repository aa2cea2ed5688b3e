-- The smallest program: perilune build examples/hello.lua -o hello && ./hello
print("hello from " .. _VERSION)
