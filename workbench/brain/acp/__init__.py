"""Turns of an agent of others: prompts to it, its updates as events, its questions as ours."""
