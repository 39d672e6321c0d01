"""Terms of full text: how any script becomes words that SQLite's FTS5 can count, and which words of a question say nothing."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Final

TOKENIZER: Final = "porter unicode61 remove_diacritics 2"
"""Letters and digits make words; case and accents are one, and so are the forms of an English word."""

EASTERN: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
"""Runs of scripts that put no spaces between words, or endings on them: Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese."""


def as_indexed(text: str) -> str:
    """A text as the index takes it: in one spelling of its characters, with pairs of characters in place of eastern runs."""
    if text.isascii():
        return text
    return EASTERN.sub(_paired, composed(text))


def composed(text: str) -> str:
    """One spelling of each character; half of one, which UTF-8 cannot have, is left out."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "ignore").decode("utf-8")


def pairs(run: str) -> list[str]:
    """The overlapping pairs of an eastern run; a run of one character is its own."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def _paired(run: re.Match[str]) -> str:
    # The last character stands alone as well, so that a single one is found wherever it stands.
    return f" {' '.join(pairs(run[0]))} {run[0][-1]} "


def is_function_word(word: str) -> bool:
    """Whether the word only holds sentences together, in one of the languages that have a list."""
    return word.lower() in _function_words()


@cache
def _function_words() -> frozenset[str]:
    lists = tomllib.loads(resources.files(__package__).joinpath("function_words.toml").read_text(encoding="utf-8"))
    return frozenset(word for words in lists.values() for word in words.split())
