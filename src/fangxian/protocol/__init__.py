"""The rules: policy packs, and which of them is in force where and when."""
