"""The pure parts of dreaming: proposals, wording, landing, schedules."""
