"""Tests of kerasette.regularizers."""
