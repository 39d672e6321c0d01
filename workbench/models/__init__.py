"""Models: which endpoint answers, its streams and its faults; the offline model behind the same wire."""
