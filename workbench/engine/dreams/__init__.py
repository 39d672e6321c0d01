"""Dreams put together: their records, their life, the model that may word them, their review, and when they begin by themselves."""
