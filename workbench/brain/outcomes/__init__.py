"""Outcomes: what is to be reached, and the grader that says whether it is."""
