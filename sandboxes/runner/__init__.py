"""The first process of a sandbox: runs tool calls at most once each and tells the engine what came of them.

Standard library only, Python 3.9 or newer: it runs on the image's interpreter, mounted read-only, beside untrusted
code. The file tools and bash behave, limit and begin their errors as `anthropic.lib.tools.agent_toolset` does, so that a
session that moves between the hosted service, a self-hosted worker and the workbench meets the same tools everywhere; what
those leave unsaid (exit codes, what was left out, what is nearest) follows in lines of its own.
"""
