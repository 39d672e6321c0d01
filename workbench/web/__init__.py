"""The web's tools: addresses and rules for them, pages fetched and read, searches."""
