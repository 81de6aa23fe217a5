"""Random numbers: the cipher, the distributions, where they come from."""
