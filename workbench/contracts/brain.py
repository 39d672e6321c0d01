"""What the brain promises, and the model that it asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from workbench.contracts.values import Group, Json, Session

CALL_FAULT: Final = "fault"
"""In a call's block of a reply, beside its input: why it cannot run whatever anybody permits."""
EVERY: Final = "every "
"""Before a kind of a request's parts in `ModelFault.rejected`: the endpoint takes none of that kind."""

ANSWERS: Final = frozenset({"user.tool_confirmation", "user.custom_tool_result", "user.tool_result"})
"""What a call that waits is answered with."""
INPUT: Final = ANSWERS | {
    "user.message",
    "system.message",
    "user.define_outcome",
    "agent.thread_message_received",
    "workflow_run.error",
    "workflow_run.status_ended",
}
"""What a thread takes from its inbox to go on with; it may end with one of these where a process ended just then."""


class Sessions(Protocol):
    async def session(self, session_id: str) -> Session | None:
        """The session as it is configured now; None when there is none (any more)."""

    async def group(self, name: str) -> Group:
        """The sessions that share this name, and their budget."""


class Brain(Protocol):
    async def wake(self, session_id: str, thread_id: str, interrupted: asyncio.Event) -> None:
        """Go on from what the thread's log and inbox say, until it is idle or terminated and the inbox has nothing to take.

        Holds nothing between calls. `interrupted` is set when a user.interrupt has arrived in the inbox: the running step is
        cut short, the interrupt is taken, and the event is cleared by the brain.
        """


@dataclass(frozen=True)
class ModelRequest:
    """One request in Messages API shape, without `stream`: a pure function of the log."""

    body: Json
    betas: tuple[str, ...] = ()

    @cached_property
    def members(self) -> Mapping[str, bytes]:
        """Each member of the body as it goes out, with its name: megabytes of a long conversation, written once."""
        return {name: b"%s:%s" % (written(name), written(value)) for name, value in self.body.items()}

    def wire(self, **more: object) -> bytes:
        """The body as it goes out, with `more` members behind its own."""
        others = [b"%s:%s" % (written(name), written(value)) for name, value in more.items()]
        return b"{%s}" % b",".join([*self.members.values(), *others])


def written(value: object) -> bytes:
    """JSON as it goes out: order counts, as a cache at the other end sees bytes."""
    return _COMPACT(value).encode("utf-8", "surrogatepass")


_COMPACT: Final[Callable[[object], str]] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Made once: `json.dumps` makes one for every text that is not in its own form."""


@dataclass(frozen=True)
class TextDelta:
    """A fragment of text block number `index` of the reply (counting text blocks only, from 0)."""

    index: int
    text: str


@dataclass(frozen=True)
class ThinkingStarted:
    """The model began to think."""


@dataclass(frozen=True)
class ThinkingEnded:
    """The thought that was begun last is finished."""


@dataclass(frozen=True)
class ModelWaits:
    """The request waits before anything of it is answered; the text says for what. The next part ends it."""

    text: str


@dataclass(frozen=True)
class Reply:
    """A finished reply: content blocks, stop reason and usage as the Messages API gave them."""

    content: tuple[Json, ...]
    stop_reason: str
    usage: Json
    stop_details: Json | None = None


@dataclass(frozen=True)
class ModelFault:
    """A reply that did not come: what kind of fault, whether the same request may be tried again, and when.

    `kind` is the `error.type` of session.error (`model_overloaded_error`, `model_rate_limited_error`,
    `model_request_failed_error`, `billing_error`, `unknown_error`); `context_too_long` asks for compaction. `rejected` names
    what of the request was refused: places (`messages.0.content.1`, `tools.2`) or kinds (`image`, `every image`);
    `window` is the context window in tokens, where a server told its own.
    """

    kind: str
    message: str
    retry: bool
    retry_after_s: float | None = None
    context_too_long: bool = False
    rejected: tuple[str, ...] = ()
    window: int | None = None


ReplyPart = TextDelta | ThinkingStarted | ThinkingEnded | ModelWaits | Reply | ModelFault


class Model(Protocol):
    def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        """Stream one reply; the last item is a Reply or a ModelFault, and it never raises for what a server does."""


@dataclass(frozen=True)
class Forwarded:
    """A server's own answer to a client's request, unread: whoever has it iterates `body` to its end, or closes it."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: AsyncGenerator[bytes, None]


class Models(Protocol):
    """Every model that can be used now, by its id."""

    def model(self, model_id: str) -> Model:
        """The model; where it is served is settled at each request."""

    def window(self, model_id: str) -> int | None:
        """Its context window in tokens, where its server told one."""

    async def models(self) -> list[Json]:
        """The models as /v1/models lists them."""

    async def forward(self, body: Json, betas: str) -> Forwarded | ModelFault:
        """Hand a client's own request to the server of the model that it names; nothing of it is kept."""
