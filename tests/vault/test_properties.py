"""What must hold for any input: texts cut anywhere, hosts and greetings made of anything."""

from __future__ import annotations

import contextlib
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.vault.proxy.client_hello import NoGreeting, record_length, server_name
from workbench.vault.proxy.heads import split_authority
from workbench.vault.proxy.names import NotAHost, canonical, covers, meet, pattern
from workbench.vault.proxy.needles import all_needles
from workbench.vault.proxy.redaction import Redaction
from workbench.vault.proxy.wire import Refused

SECRET = b"s3cr3t/with+odd=characters"
PLACEHOLDER = b"wbph_0123456789012345678901"
anywhere = settings(derandomize=True, deadline=None, database=None)
NEEDLES = all_needles([(SECRET, PLACEHOLDER)])
REDACTION = Redaction(NEEDLES)

pieces = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([*sorted(NEEDLES), SECRET[:9], SECRET[9:]])), max_size=12
)


@given(pieces, st.lists(st.integers(0, 400), max_size=20))
@anywhere
def test_a_text_cut_anywhere_loses_its_secrets_and_keeps_its_length(parts: list[bytes], cuts: list[int]) -> None:
    text = b"".join(parts)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    stream = REDACTION.stream()
    told = b"".join(stream.feed(text[begin:end]) for begin, end in pairwise(places)) + stream.flush()
    assert told == REDACTION.whole(text)
    assert len(told) == len(text)
    assert not any(needle in told for needle in NEEDLES)


@given(pieces, st.integers(0, 400), st.integers(0, 400))
@anywhere
def test_a_piece_cut_anywhere_tells_nothing_of_a_secret_that_is_cut_with_it(
    parts: list[bytes], begin: int, length: int
) -> None:
    text = b"".join(parts)
    piece = text[begin : begin + length]
    told = REDACTION.piece(piece)
    # What the whole text has without secrets stands at the same places, or is unreadable, or is left out.
    without = REDACTION.whole(text)[begin : begin + len(told)]
    assert all(one in (other, ord("*")) for one, other in zip(told, without, strict=True))
    assert len(piece) - len(told) < REDACTION.longest


@given(st.text(max_size=40))
@anywhere
def test_a_hosts_spelling_is_one_that_stays_as_it_is_or_none(raw: str) -> None:
    with contextlib.suppress(NotAHost):
        host, is_address = canonical(raw)
        again = f"[{host}]" if ":" in host else host
        assert canonical(again) == (host, is_address)


@given(st.binary(max_size=60), st.sampled_from([443, None]))
@anywhere
def test_an_authority_is_read_or_refused(raw: bytes, default: int | None) -> None:
    with contextlib.suppress(Refused):
        host, port, _ = split_authority(raw, default)
        assert host
        assert 0 < port < 65536


@given(st.binary(max_size=300))
@anywhere
def test_a_greeting_made_of_anything_is_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(NoGreeting):
        record_length(raw[:5])
    with contextlib.suppress(NoGreeting):
        assert server_name(raw + b"\0" * 4).isascii()


hosts = st.sampled_from(["a.test", "b.a.test", "c.b.a.test", "xa.test", "test.a", "203.0.114.7"])
rules = st.sampled_from(["a.test", "*.a.test", "*.b.a.test", "xa.test", "*.test.a", "203.0.114.7"])


@given(rules, rules, hosts)
@anywhere
def test_patterns_that_cover_one_host_meet(one: str, other: str, host: str) -> None:
    assert pattern(one) == one
    if covers(one, host) and covers(other, host):
        assert meet(one, other)
        assert meet(other, one)
