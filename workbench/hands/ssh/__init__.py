"""The ssh backend: the runner on another machine of the user's, reached by ssh and by nothing else."""
