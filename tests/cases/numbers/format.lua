-- How numbers become text: integers in full, floats with 14 digits and a mark that they are floats.
print(0, -0, 1, -1, 9223372036854775807, -9223372036854775807 - 1)
print(0.0, -0.0, 1.0, -1.0, 100.0, 1e14, 1e15, 1e16, 1e17, 123456789012345.0, 1234567890123456.0)
print(0.1, 1 / 3, 2 / 3, 100 / 3, 1e-4, 1e-5, 1.5e-7, 123.456, 3.14159265358979, 1e100, -1e-100)
print(2^53, 2^63, -2^63, 2^64, 5e-324, 1.7976931348623157e308, 0.30000000000000004)
print(1e300 * 1e10, -1e300 * 1e10, tostring(0 / 0) == tostring(0 / 0))
print(99999999999999.9, 999999999999999.9, 0.99999999999999999, 9.9999999999999e22, 12345678901234.5)
print(1.25, 2.5, 0.5, 1e1, 1E+2, 1e-2, 3., .5, 0x10, 0xA.8p0, 0x.8p1, 0xfp-2, 0X1P+3)
print(0xffffffffffffffff, 0x7fffffffffffffff, 0x1ffffffffffffffff, 9223372036854775808, 1e2)
for _, v in ipairs { 1, 1.0, -0.0, 1e15, 2^31, 1e-10, 255 / 256 } do
  print(tostring(v), v .. "", math.type(v))
end
print(string.format("%d %5d %-5d| %05d %+d %x %X %#x %o %c", 42, 42, 42, 42, 42, 255, 255, 255, 8, 65))
print(string.format("%f %.2f %10.3f %e %.3e %g %g %g %.14g %.17g", 1.5, 1.005, 2.5, 12345.678, 0.00012, 1e20, 0.1, 100, 0.1, 0.1))
print(string.format("%a %s %q %q %q %q", 1.0, 1.0, 1, 1.5, "a\n\0b", 1 / 0))
print(string.format("%5s|%-5s|%.2s|%%|%i", "ab", "ab", "abc", 7))
