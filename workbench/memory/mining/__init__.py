"""Mines lasting statements from the log, without a model."""
