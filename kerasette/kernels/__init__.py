"""Kernels: fast code for operations, by kind of device, loaded when it is first wanted."""
