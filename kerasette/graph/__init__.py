"""The compiler: a Python step traced into a graph, improved by passes, run as a plan."""
