"""Sessions of another service of the same API beside the ones here: asked through the vault, mirrored into the log."""
