"""What begins by itself or goes out by itself: deployments, triggers, webhooks, notices, and what a day may cost."""
