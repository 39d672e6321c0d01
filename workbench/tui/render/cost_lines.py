"""The page of what a session cost: totals, then tables by model, by turn and by tool. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from workbench.client.session_cost import SessionCost, Spent, ToolTime
from workbench.text.display import line, safe
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.render.cells import cells

Json = dict[str, Any]

NO_PRICE: Final = "–"
"""Where there is no number: no price is known, nothing came from the cache, nothing failed."""
_OWN: Final = "answer"
"""The purpose of a request for the agent's own next answer."""
_NUMBERS: Final = (10, 11, 8, 9, 9)
"""The columns of numbers: requests, tokens in, the cached share, tokens out, dollars."""
_TIMES: Final = (10, 11, 8, 9)
"""Under the same: calls, failed ones, time, the longest."""
_MANY: Final = 10_000_000
_WHEN: Final = 8
_MOST_NAME: Final = 72


def cost_lines(cost: SessionCost, width: int, now: datetime) -> list[Text]:
    """The whole page, none of its numbers cut from 60 columns on."""
    lines = _totals(cost.session)
    if not cost.models:
        nothing = "No model was asked yet: tables by model, turn and tool come with the first turn."
        return [*lines, Text(), *prose(nothing, width, DIM)]
    lines += _table("by model", _spent_rows(cost.models, _model), width)
    newest = f"by turn, the last {len(cost.turns)}" if cost.more_turns else "by turn, the last first"
    lines += _table(newest, _spent_rows(cost.turns, lambda one: _turn(one, now)), width)
    if cost.tools:
        lines += _tools(cost.tools, width)
    if any(one.usd is None for one in cost.models):
        lines += [
            Text(),
            Text(f"{NO_PRICE} under $: a model without a list price that is known", DIM),
        ]
    return lines


def _totals(session: Json) -> list[Text]:
    usage, stats = session["usage"], session["stats"]
    cents = float((usage.get("list_cost") or {}).get("amount") or 0)
    written = usage.get("cache_creation") or {}
    read, fresh = usage.get("cache_read_input_tokens", 0), usage.get("input_tokens", 0)
    five, hour = written.get("ephemeral_5m_input_tokens", 0), written.get("ephemeral_1h_input_tokens", 0)
    told_in = fresh + read + five + hour
    head = Text(f"${cents / 100:,.2f}", "bold").append(f" at list prices{_of_budget(session, cents)}", DIM)
    at_work = (
        f"{lasting(stats.get('active_seconds', 0))} at work, {lasting(stats.get('duration_seconds', 0))} since it began"
    )
    counts = [
        ("tokens in", told_in, ""),
        ("  read from the cache", read, _share(read, told_in)),
        ("  not cached", fresh, _share(fresh, told_in)),
        ("  written to the cache, for 5 minutes", five, _share(five, told_in)),
        ("  written to the cache, for an hour", hour, _share(hour, told_in)),
        ("tokens out", usage.get("output_tokens", 0), ""),
    ]
    searches = usage.get("server_tool_use") or {}
    counts += [("web searches", searches.get("web_search_requests", 0), "")]
    rows = [
        cells([(said, 38, ""), (f"{count:,}", -13, "bold" if not said.startswith(" ") else ""), (share, -7, DIM)])
        for said, count, share in counts
        if count or said.startswith("tokens")
    ]
    return [head, Text(at_work, DIM), Text(), *rows]


def _of_budget(session: Json, cents: float) -> str:
    most = float(((session.get("budget") or {}).get("max_list_cost") or {}).get("amount") or 0)
    return f", {cents / most:.0%} of its budget of ${most / 100:,.2f}" if most else ""


def _share(part: int, whole: int) -> str:
    if not part or not whole:
        return ""
    return f"{part / whole:.0%}" if part >= whole / 200 else "<1%"


def _model(one: Spent) -> tuple[str, str]:
    return "", one.name if one.about == _OWN else f"{one.name} for {one.about}"


def _turn(one: Spent, now: datetime) -> tuple[str, str]:
    """When it began, by this machine's clock, and what was asked."""
    moment = datetime.fromisoformat(one.name).astimezone() if one.name else None
    is_today = moment and moment.date() == now.astimezone().date()
    return f"{moment:{'%H:%M' if is_today else '%b %d'}}" if moment else "", line(
        one.about or "(without a message)", _MOST_NAME * 3
    )


def _spent_rows(spent: Sequence[Spent], named: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    places = 2 if max((one.usd or 0.0 for one in spent), default=0.0) >= 10 else 3
    return [(*named(one), _numbers(one, places)) for one in spent]


def _numbers(one: Spent, places: int) -> tuple[str, ...]:
    usd = NO_PRICE if one.usd is None else f"{one.usd:,.{places}f}"
    cached = _share(one.cached, one.tokens_in) or NO_PRICE
    return (_count(one.requests), _count(one.tokens_in), cached, _count(one.tokens_out), usd)


def _table(title: str, rows: Sequence[tuple[str, str, tuple[str, ...]]], width: int) -> list[Text]:
    heads = ("requests", "tokens in", "cached", "out", "$")
    when = _WHEN if any(moment for moment, _, _ in rows) else 0
    name = _name_width(width)
    lines = [Text(), cells([(title, name, "bold"), *_columns(heads, _NUMBERS, DIM)])]
    for moment, said, numbers in rows:
        lines.append(cells([(moment, when, DIM), (safe(said), name - when, ""), *_columns(numbers, _NUMBERS)]))
    return lines


def _tools(tools: Sequence[ToolTime], width: int) -> list[Text]:
    heads = ("calls", "failed", "time", "longest")
    name = _name_width(width)
    lines = [Text(), cells([("by tool", name, "bold"), *_columns(heads, _TIMES, DIM)])]
    for one in tools:
        said = (
            f"{one.calls:,}",
            f"{one.failed:,}" if one.failed else NO_PRICE,
            lasting(one.total_s),
            lasting(one.longest_s),
        )
        lines.append(cells([(safe(one.name), name, ""), *_columns(said, _TIMES)]))
    return lines


def _name_width(width: int) -> int:
    return max(8, min(width - sum(_NUMBERS), _MOST_NAME))


def _columns(said: Sequence[str], wide: Sequence[int], style: str = "") -> list[tuple[str, int, str]]:
    return [(text, -columns, style) for text, columns in zip(said, wide, strict=True)]


def _count(number: int) -> str:
    """With every digit where there is room for them."""
    return f"{number:,}" if number < _MANY else f"{number / 1_000_000:,.1f}M"


def lasting(seconds: float) -> str:
    """How long, in two numbers where one says too little: 0.4 s, 12 s, 3m 20s, 5h 03m."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"
