"""The operators of tensors and variables: ``x + y``, ``x @ y``, ``x[0]``… as plain functions.

A primitive is an object, not a function, so it would not bind as a method by itself.
"""
