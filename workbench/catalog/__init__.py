"""Agents, environments and sessions as documents, checked and resolved as the public API says."""
