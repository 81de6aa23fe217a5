"""The tests, a folder per part of kerasette."""
