"""Widgets: parts of a screen that draw themselves."""
