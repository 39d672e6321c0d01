"""Long runs by chance for the night: `python -m tests.nightly kills --count 500 --seed N`; no part of the ordinary tests."""
