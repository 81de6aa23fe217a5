"""Tests of kerasette.initializers."""
