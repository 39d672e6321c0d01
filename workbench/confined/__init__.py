"""Processes that are closed off before they see what a stranger made: nothing of theirs is opened, written or reached."""
