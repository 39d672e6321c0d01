"""The two promises of the vault, kept by the trivial one, by the real one in this process and by the real one in its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.trivial.vault import TrivialVault
from tests.vault.places import own_place
from workbench.contracts.vault import Grant, NetworkRules, Route, Vault, VaultRefused, Ways
from workbench.vault.control.assembly import Seams, assembled
from workbench.vault.control.client import VaultClient
from workbench.vault.keeping.stores import MemoryStore
from workbench.vault.proxy.placeholders import minted

WAIT_S = 30.0
SECRET = "s3cr3t-canary-Zq81/xY+vault"

Kept = tuple[Vault, Ways]
Kind = Callable[[], contextlib.AbstractAsyncContextManager[Kept]]


@contextlib.asynccontextmanager
async def trivial() -> AsyncIterator[Kept]:
    vault = TrivialVault()
    yield vault, vault


@contextlib.asynccontextmanager
async def in_this_process() -> AsyncIterator[Kept]:
    with own_place() as settings:
        made = await assembled(settings, Seams(store=MemoryStore()))
        yield made.vault, made.ways
        await made.aclose()


@contextlib.asynccontextmanager
async def in_its_own() -> AsyncIterator[Kept]:
    with own_place() as settings:
        client = VaultClient(settings)
        await client.start()
        yield client.vault, client.ways
        await client.aclose()


KINDS = [trivial, in_this_process, in_its_own]
each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def told(kind: Kind, story: Callable[[Vault, Ways], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(WAIT_S), kind() as (vault, ways):
            await story(vault, ways)

    asyncio.run(whole())


@each
def test_a_fingerprint_changes_with_the_secret_and_with_nothing_else(
    kind: Kind,
) -> None:
    async def story(vault: Vault, _: Ways) -> None:
        first = await vault.put("vcrd_1", {"value": SECRET}, {})
        same = await vault.put("vcrd_1", {"value": SECRET}, {"client_id": "me"})
        other = await vault.put("vcrd_1", {"value": SECRET + "2"}, {})
        assert first.fingerprint == same.fingerprint != other.fingerprint
        assert (first.prefix, first.length) == ("", len(SECRET))

    told(kind, story)


@each
def test_what_was_not_stored_is_missing_and_what_was_removed_too(
    kind: Kind,
) -> None:
    async def story(vault: Vault, _: Ways) -> None:
        await vault.put("vcrd_1", {"token": SECRET}, {})
        await vault.put("vcrd_2", {"token": SECRET}, {})
        await vault.remove("vcrd_2")
        await vault.remove("vcrd_2")
        standing = await vault.check(["vcrd_1", "vcrd_2", "vcrd_3"])
        assert (standing.state, standing.kind, standing.missing) == ("ready", "memory", ("vcrd_2", "vcrd_3"))

    told(kind, story)


@each
def test_a_tools_words_lose_the_secrets_of_their_session(
    kind: Kind,
) -> None:
    async def story(vault: Vault, ways: Ways) -> None:
        await vault.put("vcrd_1", {"value": SECRET}, {})
        placeholder = minted("", len(SECRET))
        await ways.open("sesn_1", NetworkRules(), [Grant("vcrd_1", placeholder, None)])
        words = b"a" * 100_000 + SECRET.encode() + b"b"
        assert await vault.redact("sesn_1", words) == b"a" * 100_000 + placeholder.encode() + b"b"
        assert await vault.redact("sesn_2", words) == words
        assert await vault.redact("sesn_1", b"") == b""
        ends = SECRET[9:].encode() + b" whole " + SECRET[:9].encode()
        assert await vault.redact("sesn_1", ends, is_piece=True) == b"*" * (len(SECRET) - 9) + b" whole "
        assert await vault.redact("sesn_2", ends, is_piece=True) == ends

    told(kind, story)


@each
def test_a_deposit_that_is_not_there_is_refused(
    kind: Kind,
) -> None:
    async def story(vault: Vault, _: Ways) -> None:
        with pytest.raises(VaultRefused):
            await vault.adopt("vcrd_1", "deposit_none", {})

    told(kind, story)


@each
def test_a_credential_without_a_refresh_token_says_so(
    kind: Kind,
) -> None:
    async def story(vault: Vault, _: Ways) -> None:
        await vault.put("vcrd_1", {"access_token": SECRET}, {})
        assert (await vault.refresh("vcrd_1")).status == "no_refresh_token"

    told(kind, story)


@each
def test_opening_again_closing_twice_and_forgetting_nothing_are_no_errors(
    kind: Kind,
) -> None:
    async def story(_: Vault, ways: Ways) -> None:
        for _again in range(2):
            await ways.open("sesn_1", NetworkRules(hosts=("one.example",)), [])
        for _again in range(2):
            await ways.close("sesn_1")
        await ways.route(Route("model", "https://api.example"))
        for _again in range(2):
            await ways.forget("model")

    told(kind, story)
