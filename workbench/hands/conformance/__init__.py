"""The behaviours that every sandbox promises: the same suite for the tests and `workbench doctor`."""
