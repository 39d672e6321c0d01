"""Git of projects: the view that a sandbox has of a repository, and the one way by which commits come back."""
