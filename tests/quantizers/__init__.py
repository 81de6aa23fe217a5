"""Tests of kerasette.quantizers."""
