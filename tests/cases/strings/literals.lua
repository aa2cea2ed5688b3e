-- Escapes, long brackets and line ends in string literals.
print("a\tb\\n\"q\" 'q'", 'it\'s "q"', "\65\066\x43\u{44}\u{20AC}\u{10FFFF}")
print("one\
two", "a\z
      b", #"\0\00\000", "\a\b\f\v" == "\7\8\12\11")
print([[long [brackets] ]], [==[
first line break is skipped ]] ]=] \n]==], #[[

]])
print("\u{7FFFFFFF}" == "\xFD\xBF\xBF\xBF\xBF\xBF", #"\u{0}", "\z   x")
print(#"caf\u{e9}", "日本", #"日本")
