"""Models that travel between kerasette and real Keras in every file format, both ways."""
