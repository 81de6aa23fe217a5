"""Tests of kerasette.constraints."""
