"""An import contract: each package of others has its doors, which are the only packages of ours that import it."""

from __future__ import annotations

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Doors(Contract):
    """`doors` has a line for each vendor, `vendor: package package …`; one that has no line is refused everywhere.

    Every other package of ours is a source, so that a new one is held by the contract from its first import on.
    """

    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import of a module that is not ours and not Python's own."""
        lines: list[str] = list(self.doors)  # type: ignore[call-overload]
        allowed = {vendor.strip(): packages.split() for vendor, _, packages in (line.partition(":") for line in lines)}
        wrong = [
            (importer, vendor)
            for vendor in sorted(graph.modules)
            if vendor.partition(".")[0] != "workbench" and vendor not in sys.stdlib_module_names
            for importer in sorted(graph.find_modules_that_directly_import(vendor))
            if not any(importer == door or importer.startswith(f"{door}.") for door in allowed.get(vendor, ()))
        ]
        unused = sorted(vendor for vendor in allowed if vendor not in graph.modules)
        return ContractCheck(kept=not wrong and not unused, metadata={"wrong": wrong, "unused": unused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import and each door that leads nowhere."""
        found: dict[str, Any] = check.metadata
        for importer, vendor in found["wrong"]:
            output.print_error(f"{importer} imports {vendor}, whose doors are others", bold=False)
        for vendor in found["unused"]:
            output.print_error(f"nothing imports {vendor} any more; take its line away", bold=False)
