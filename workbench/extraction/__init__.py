"""The text worker: HTML, PDF and other files of strangers are read in child processes of a few seconds."""
