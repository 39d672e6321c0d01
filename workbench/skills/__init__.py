"""Skills as folders and archives: their format, its faults by file and line, and packing; knows nothing of the engine."""
