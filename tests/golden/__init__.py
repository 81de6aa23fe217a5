"""Parity with real Keras: programs in tables, and what they gave there."""
