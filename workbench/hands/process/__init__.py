"""Sandboxes that confine nothing: the runner as an ordinary process of this user, on a copy of the project."""
