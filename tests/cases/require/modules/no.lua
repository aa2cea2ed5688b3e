print("loading no") return false
