"""The samples of every primitive, on the device: the tests are those of the CPU's suite."""
