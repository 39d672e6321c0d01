"""What each word of the command does: a module a word, with `arguments(parser)` and `run(options) -> exit code`."""
