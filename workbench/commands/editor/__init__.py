"""The engine as an agent of the Agent Client Protocol: JSON-RPC on stdio for editors, a client of the API for the engine."""
