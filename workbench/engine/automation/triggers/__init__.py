"""What starts sessions besides people and schedules: files, commits, webhooks, and the ends of other sessions."""
