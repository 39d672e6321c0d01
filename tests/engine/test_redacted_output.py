"""What a call prints is heard without the secrets of its session, also where one is printed in parts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.brain.stage import SESSION_ID, session
from tests.trivial.hands import ScriptedHands
from tests.trivial.vault import TrivialVault
from workbench.contracts.values import Call, Heard, Outcome, Session, ToolOutput, text_outcome, unheard
from workbench.contracts.vault import Grant, NetworkRules, VaultRefused
from workbench.engine.wrappers.redacted import RedactedHands

SECRET = "s3cr3t-t0ken"
PLACEHOLDER = "wbph_01234567890123456789"
GIVEN = session(vault_ids=("vlt_1",))
WAIT_S = 20.0


@dataclass
class PrintingHands(ScriptedHands):
    """Prints one state after the other; each only after the one before was heard or left out."""

    pause: int = 20

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        for text in self.prints:
            heard(ToolOutput(call.id, text))
            for _ in range(self.pause):
                await asyncio.sleep(0)
        return text_outcome("done")


class SilentVault(TrivialVault):
    async def redact(self, session_id: str, data: bytes, *, is_piece: bool = False) -> bytes:
        raise VaultRefused("the vault is gone")


def heard(*prints: str, described: Session = GIVEN, vault: TrivialVault | None = None, pause: int = 20) -> list[str]:
    async def story() -> list[str]:
        kept = vault or TrivialVault()
        await kept.put("vcrd_1", {"value": SECRET}, {})
        await kept.open(SESSION_ID, NetworkRules(), [Grant("vcrd_1", PLACEHOLDER, None)])
        texts: list[str] = []
        hands = RedactedHands(PrintingHands(prints=prints, pause=pause), kept)
        await hands.execute(described, Call("1", "bash", {}), lambda output: texts.append(output.text))
        return texts

    return asyncio.run(asyncio.wait_for(story(), WAIT_S))


def test_a_secret_that_is_printed_in_two_parts_is_never_heard() -> None:
    told = heard(f"token: {SECRET[:5]}", f"token: {SECRET}", f"token: {SECRET}\nnext s")
    assert told == ["token: ", f"token: {PLACEHOLDER}", f"token: {PLACEHOLDER}\nnext ", f"token: {PLACEHOLDER}\nnext s"]


def test_a_line_whose_beginning_is_left_out_tells_no_end_of_a_secret() -> None:
    assert heard(f"…{SECRET[5:]} and more") == [f"…{'*' * len(SECRET[5:])} and more"]


def test_a_line_that_begins_as_a_secret_ends_is_heard_as_it_is() -> None:
    assert heard("n is no secret\n") == ["n is no secret\n"]


def test_the_last_of_an_output_is_heard_before_its_result_however_fast_it_came() -> None:
    assert heard("one", "one\ntwo", "one\ntwo\nthree", pause=0)[-1] == "one\ntwo\nthree"


def test_without_a_vault_to_look_nothing_is_heard_and_without_secrets_nobody_looks() -> None:
    assert heard("words", vault=SilentVault()) == []
    assert heard("words", vault=SilentVault(), described=session()) == ["words"]
