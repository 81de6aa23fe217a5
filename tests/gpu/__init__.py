"""The suites of operations, layers and training on a GPU, or on a stand-in for one."""
