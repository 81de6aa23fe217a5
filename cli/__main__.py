"""``python -m kerasette.cli``: the command line without its console script."""

from .main import main

if __name__ == "__main__":
    main()
