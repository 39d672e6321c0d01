"""People's SQL: admission, limits, an end."""
