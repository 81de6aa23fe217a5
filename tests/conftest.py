"""Settings of all tests."""

from hypothesis import HealthCheck, settings

# A busy machine is no reason to fail: how long an example takes says nothing about what it shows.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
