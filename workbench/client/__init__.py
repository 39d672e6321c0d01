"""The engine from outside: requests, streams and errors, for the command line and the terminal app."""
