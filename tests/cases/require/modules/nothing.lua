print("loading nothing")
