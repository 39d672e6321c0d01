"""The fields that several nouns share: metadata, names, permission policies, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workbench.catalog.errors import Refused

METADATA_PAIRS = 16
METADATA_KEY_LENGTH = 64
METADATA_VALUE_LENGTH = 512


STRICT: Final = ConfigDict(extra="forbid", strict=True, defer_build=True)
"""Of every part of a request: unknown fields are refused, because a misspelt one would be lost in silence.

How it is checked is worked out when the first one comes: all of it at once would hold up every start of the engine.
"""


class Body(BaseModel):
    """A part of a request."""

    model_config = STRICT


class AlwaysAllow(Body):
    type: Literal["always_allow"]


class AlwaysAsk(Body):
    type: Literal["always_ask"]


class Auto(Body):
    type: Literal["auto"]


Policy = Annotated[AlwaysAllow | AlwaysAsk | Auto, Field(discriminator="type")]


MOST_CENTS_DIGITS = 15
Number = Annotated[int, Field(ge=1, le=10**15)]
"""A version or a count: what is larger is none, and the database has 64 bits for it."""


def _whole_cents(amount: str) -> str:
    if len(amount) > MOST_CENTS_DIGITS:
        raise ValueError(f"must have at most {MOST_CENTS_DIGITS} digits")
    if not amount.isascii() or not amount.isdigit() or amount.startswith("0"):
        raise ValueError('must be whole cents above zero without leading zeros, as "2500"')
    return amount


class Money(Body):
    amount: Annotated[str, AfterValidator(_whole_cents)]
    currency: Literal["USD"]


class Budget(Body):
    """A hard ceiling in list price."""

    type: Literal["limit"]
    max_list_cost: Money


def merged_metadata(
    old: Mapping[str, str], patch: Mapping[str, str | None] | None, *, blank_deletes: bool = False
) -> dict[str, str]:
    """Apply a metadata patch: text sets, None deletes (and "" where `blank_deletes`).

    Raises:
        Refused: code `invalid_metadata`, over 16 pairs, 64 characters a key or 512 a value.
    """
    merged = dict(old)
    for key, value in (patch or {}).items():
        if value is None or (blank_deletes and value == ""):
            merged.pop(key, None)
        else:
            merged[key] = value
    if len(merged) > METADATA_PAIRS:
        raise Refused(f"metadata: at most {METADATA_PAIRS} pairs, these are {len(merged)}", code="invalid_metadata")
    for key, value in merged.items():
        if not key or len(key) > METADATA_KEY_LENGTH:
            raise Refused(
                f"metadata: a key has 1 to {METADATA_KEY_LENGTH} characters: {key!r}", code="invalid_metadata"
            )
        if len(value) > METADATA_VALUE_LENGTH:
            raise Refused(f"metadata.{key}: at most {METADATA_VALUE_LENGTH} characters", code="invalid_metadata")
    return merged
