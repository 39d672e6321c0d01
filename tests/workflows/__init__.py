"""Tests of workbench/workflows."""
