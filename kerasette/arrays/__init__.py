"""Arrays and devices: numpy or cupy as ``xp``, dtypes and their promotion, random bits."""
