"""Tests of kerasette.saving."""
