"""Puts the rooms together: what clients can do with sessions, and what follows from it."""
