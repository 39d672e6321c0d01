"""Agents of others that run in sandboxes and are spoken with by the Agent Client Protocol."""
