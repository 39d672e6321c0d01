"""Names of documents by their ids, for those who show them; one that is gone is not looked for again."""

from __future__ import annotations

from typing import Final

from workbench.contracts.log import Documents

_FIELDS: Final = {"environment": "name", "session": "title"}


class DocumentNames:
    """What environments and sessions are called now."""

    def __init__(self, documents: Documents) -> None:
        self._documents: Final = documents
        # No id is given twice: what is gone stays so, and is asked for with every state of a session that names it.
        self._gone: set[str] = set()

    async def name(self, kind: str, document_id: str) -> str | None:
        """None where it has none, or is not there any more."""
        if document_id in self._gone:
            return None
        document = await self._documents.get(kind, document_id)
        if document is None:
            self._gone.add(document_id)
            return None
        name: str | None = document.body[_FIELDS[kind]]
        return name
