"""Tests of kerasette.activations."""
