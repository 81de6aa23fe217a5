"""The activation layers."""
