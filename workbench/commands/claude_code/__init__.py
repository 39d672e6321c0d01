"""Transcripts of Claude Code as sessions of the workbench: JSON lines in, bodies of imports out. Pure but for reading files."""
