"""Measures this installation: ratios side by side in one run, each beside the figure it should reach."""
