"""Recorded sessions as a regression suite for agents: recordings, runs of them, and reports."""
