"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# A shell has what it starts in the background ignore Ctrl-C, and a program hands that on to what it starts itself.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long something takes on a loaded machine fails no test.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")
