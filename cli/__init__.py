"""The command line of kerasette: trains models from config files.

It imports kerasette; nothing imports it. Modules are loaded when a command needs them, so that
``kerasette --help`` answers at once.
"""
