"""Traces of sessions for OpenTelemetry: spans from the log, written as OTLP, sent by cursor."""
