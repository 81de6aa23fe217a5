"""Tools around models and data, as in ``keras.utils``."""
