"""What holds for every test."""

from __future__ import annotations

import signal

# A shell has what it starts in the background ignore Ctrl-C, and a program hands that on to what it starts itself.
signal.signal(signal.SIGINT, signal.default_int_handler)
