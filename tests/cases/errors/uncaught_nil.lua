-- error(nil) is an error as any other.
error(nil)
