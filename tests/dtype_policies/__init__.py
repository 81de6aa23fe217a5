"""Tests of kerasette.dtype_policies."""
