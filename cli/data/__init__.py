"""Data from a config: read, split, made into numbers, and the same again for new samples."""
