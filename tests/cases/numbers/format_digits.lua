-- Floats with more digits than 64 bits hold: whole numbers of any length, long fractions, ties, carries.

local values = {
  0.0, 0.5, 1.5, 2.5, 0.125, 1 / 3, 2 / 3, 0.1, 9.5, 99.95, 12345.678, 1e10 / 3, 1e15, 1e16, 2^53, 2^63,
  2^64, 2^70, 1e22, 1e23, 1e100, 1e300, 1.7976931348623157e308, 1e-5, 1e-10, 1e-20, 1e-90, 1e-100, 1e-300,
  2.2250738585072014e-308, 5e-324, 0.99999999999999989, 9.9999999999999995e22, 4503599627370497.5,
}
for _, value in ipairs(values) do
  for _, precision in ipairs { 0, 1, 17, 18, 19, 20, 21, 37, 38, 39, 57, 99 } do
    for _, letter in ipairs { "f", "e", "g" } do
      local layout = "%." .. precision .. letter
      print(layout:format(value), layout:format(-value))
    end
  end
  print(("%#.0f %+.25f %030.20f %-50.22e| %#.30g %G"):format(value, value, value, value, value, value))
end
