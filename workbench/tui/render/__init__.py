"""Values as lines for the terminal; pure."""
