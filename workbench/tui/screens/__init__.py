"""Screens and the actions that they are composed of."""
