"""What is wrapped around the hands and the log of a session: redaction, clones, memory mounts, checkpoints."""
