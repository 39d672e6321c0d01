"""OTLP over HTTP in its JSON form: spans as the body of one request. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench import __version__
from workbench.contracts.values import Json
from workbench.engine.telemetry.spans import Span

PATH: Final = "/v1/traces"
_ERROR: Final = 2


def body(spans: Sequence[Span]) -> bytes:
    """The request of these spans; ids are hexadecimal and times texts, as the JSON form wants them."""
    resource = {"attributes": _attributes({"service.name": "workbench", "service.version": __version__})}
    scope = {"scope": {"name": "workbench", "version": __version__}, "spans": [_span(one) for one in spans]}
    return json.dumps(
        {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}, separators=(",", ":")
    ).encode()


def _span(span: Span) -> Json:
    failed = {"error.type": span.error} if span.error else {}
    written: Json = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(max(span.start_ns, span.end_ns)),
        "attributes": _attributes({**span.attributes, **failed}),
    }
    if span.parent_id:
        written["parentSpanId"] = span.parent_id
    if span.error:
        written["status"] = {"code": _ERROR, "message": span.error}
    return written


def _attributes(values: Mapping[str, Any]) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _value(value: Any) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
