"""Decides: takes what waits for a thread, asks the model, has its calls run; context, turn and usage are pure functions of the log."""
