"""Full text as people ask for it: words of any script, questions with filters, ranking and marks; SQLite's FTS5 does the counting."""
