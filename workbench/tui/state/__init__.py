"""State of the app: sessions, transcripts, drafts, approvals, the view."""
