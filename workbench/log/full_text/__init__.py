"""The full text index beside the database: an SQLite file that is fed from it and made anew when it is damaged or outdated."""
