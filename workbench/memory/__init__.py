"""Remembers: what memory stores hold and may hold, keeping them the same as folders, reading what people said, dreaming."""
