"""What the rooms promise each other: Protocols of at most six methods, and a few small frozen values."""
