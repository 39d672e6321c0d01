"""Passes on the lines of its input that match a regular expression: a program of its own, so that it can be killed.

Python's `re` backtracks, and the pattern is the model's: a line that takes too long kills this program, and nothing else.
"""

from __future__ import annotations

import re
import signal
import sys

READY = "ready"
LIMIT_S = 1.0
"""Processor time for one line, and for reading the pattern."""


def main() -> int:
    # Its default ends the process, also in the middle of a match.
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    try:
        pattern = re.compile(sys.argv[1])
    except (re.error, OverflowError, RecursionError) as error:
        sys.stdout.write(f"{error}\n".replace("\n", " ").rstrip() + "\n")
        return 2
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "backslashreplace").rstrip("\n")
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
        if pattern.search(text):
            sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
