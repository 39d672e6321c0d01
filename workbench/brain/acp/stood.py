"""Where the conversation with an agent of others stands, as the last fact of it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from workbench.contracts.values import Fact, Json

MOST_OVER: Final = 50


@dataclass(frozen=True)
class AcpCall:
    """A tool of the agent's own at work: `event_id` is that of its call in the log, "" while it only announces it.

    `given` is the call as it is shown and judged, under `name`; `is_begun` says that the agent says that it runs, `is_over` that its result stands in the log.
    """

    event_id: str = ""
    name: str = ""
    title: str = ""
    kind: str = ""
    given: Json = field(default_factory=dict)
    raw: Json = field(default_factory=dict)
    content: Sequence[Json] = ()
    is_begun: bool = False
    is_over: bool = False


@dataclass(frozen=True)
class AcpAsk:
    """What the agent waits to be permitted: its request's id, what it may be answered, and which call that is about."""

    request_id: Any
    options: Sequence[Json]
    call_id: str = ""


@dataclass(frozen=True)
class Stood:
    """`talk` names the conversation, "" before the first. `said` and `heard` count its lines, `unsent` are the newest of ours
    that the agent is not known to have got, by number. `prompt` is the event of the request that it works on, and the line
    that the prompt went with. Messages up to `told_through` it was told. `asks` are by the event of their question, `calls`
    by its own ids. `untold` are words for its next prompt, `stop` how the last one ended.
    """

    talk: str = ""
    agent_session_id: str = ""
    capabilities: Json = field(default_factory=dict)
    modes: Sequence[str] = ()
    mode: str = ""
    mode_option: str = ""
    said: int = 0
    heard: int = 0
    unsent: Mapping[str, str] = field(default_factory=dict)
    prompt: str = ""
    told_through: int = 0
    calls: Mapping[str, AcpCall] = field(default_factory=dict)
    asks: Mapping[str, AcpAsk] = field(default_factory=dict)
    untold: Sequence[str] = ()
    stop: Json | None = None
    cost_usd: float = 0.0

    @property
    def body(self) -> Json:
        """As the fact has it."""
        return asdict(self)

    def with_call(self, call_id: str, call: AcpCall | None) -> dict[str, AcpCall]:
        """The calls with this one put in, or taken out; of those that are over the newest, to which late words may come."""
        left = {key: one for key, one in self.calls.items() if key != call_id}
        over = [key for key, one in left.items() if one.is_over]
        for key in over[:-MOST_OVER]:
            del left[key]
        return left if call is None else left | {call_id: call}


_FIELDS = {one.name for one in fields(Stood)}


def stood(facts: Sequence[Fact]) -> Stood:
    """Where it stands, of all facts of the kind; the beginning without one."""
    if not facts:
        return Stood()
    body = {key: value for key, value in facts[-1].body.items() if key in _FIELDS}
    body["calls"] = {key: AcpCall(**one) for key, one in body["calls"].items()}
    body["asks"] = {key: AcpAsk(**one) for key, one in body["asks"].items()}
    return Stood(**body)
