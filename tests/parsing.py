"""Trees of modules for tests that read the code."""

from __future__ import annotations

import ast
import gc


def tree_of(text: str) -> ast.Module:
    """CPython 3.11 miscounts its depth where the collector, in the middle, has a traceback formatted, which parses too."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was_on:
            gc.enable()
