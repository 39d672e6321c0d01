"""Agents that work together: threads, workflow runs, reviews, sessions that talk."""
