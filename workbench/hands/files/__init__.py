"""A session's files on the host: overlay, changes, diffs, checkpoints, applying."""
