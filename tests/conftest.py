"""Settings of all tests."""

import signal
import threading

from hypothesis import HealthCheck, settings

# A busy machine is no reason to fail: how long an example takes says nothing about what it shows.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

# In the background of a script SIGINT is ignored, and whatever is started there inherits that.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
