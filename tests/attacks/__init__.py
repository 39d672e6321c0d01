"""The attacks of the design's list, each a test named by its id: what is tried, and what must hold."""
