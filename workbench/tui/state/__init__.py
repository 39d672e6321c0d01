"""What the app knows; mostly pure."""
