"""MCP servers: connections, answers, schemas."""
