#!/bin/bash
# What the agent was shown, whatever it made of it, and one case more.
cat > /app/test_shop.py <<'PY'
import unittest

import shop


class Total(unittest.TestCase):
    def test_all_prices_count(self):
        self.assertEqual(shop.total([1, 2, 3]), 6)

    def test_no_prices_are_nothing(self):
        self.assertEqual(shop.total([]), 0)
PY
if python3 -m unittest; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
