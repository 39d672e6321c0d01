"""Programs of workflow runs: a small part of Python, checked as a tree and run by a process that is closed off."""
