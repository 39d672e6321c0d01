"""What a person chose: keys, themes, preferences."""
