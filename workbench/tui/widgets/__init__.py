"""Widgets: what stands on a screen and draws itself."""
