"""Tests that read the source code: what may import what, and what ships."""
