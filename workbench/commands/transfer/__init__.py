"""Agents, environments, skills and memory stores from one service of the API to another."""
