"""Packages of others at less than their usual price."""
