"""Settings of other agent programs: read, put into this program's terms as a plan, shown, and taken over HTTP."""
