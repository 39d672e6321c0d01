"""Whether a tool call may run: agents' policies, people's rules, the bash grammar, the judgement of a model."""
