"""This build beside another checkout of it, by turns in one run: only ratios of the two are told."""
