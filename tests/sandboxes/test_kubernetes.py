"""The pool of workers for clusters: as agent-sandbox's published schemas have it, and with a worker that the SDK has."""

from __future__ import annotations

import ast
import copy
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from anthropic import AsyncAnthropic
from jsonschema import Draft202012Validator, ValidationError

import sandboxes

FILE = Path(sandboxes.__file__).parent / "kubernetes" / "worker.yaml"
# From the project's k8s/crds, without their descriptions (Apache License 2.0).
SCHEMAS = json.loads((Path(__file__).parent / "schemas" / "agent_sandbox_v0.5.6.json").read_text())
GROUP = "extensions.agents.x-k8s.io/v1beta1"


def _strict(schema: Any) -> Any:
    """With a fault where a cluster drops an unknown field without a word."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _strict(one) for name, one in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        found["additionalProperties"] = False
    return found


def _validator(kind: str) -> Draft202012Validator:
    schema = _strict(SCHEMAS[kind])
    # Every object's own, of which a schema of a custom resource says nothing.
    schema["properties"]["metadata"] = {"type": "object"}
    return Draft202012Validator(schema)


def _documents() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(FILE.read_text(encoding="utf-8")))


def test_each_document_is_as_the_published_schema_has_it() -> None:
    documents = _documents()
    own = [one for one in documents if one["apiVersion"] == GROUP]
    assert [one["kind"] for one in documents] == ["ConfigMap", "SandboxTemplate", "SandboxWarmPool", "SandboxClaim"]
    for one in own:
        _validator(one["kind"]).validate(one)
    template, pool, claim = own
    assert pool["spec"]["sandboxTemplateRef"]["name"] == template["metadata"]["name"]
    assert claim["spec"]["warmPoolRef"]["name"] == pool["metadata"]["name"]


def test_a_field_that_the_schema_does_not_know_or_lacks_is_found() -> None:
    template = next(one for one in _documents() if one["kind"] == "SandboxTemplate")
    unknown, lacking = copy.deepcopy(template), copy.deepcopy(template)
    unknown["spec"]["podTemplate"]["spec"]["containers"][0]["commands"] = []
    del lacking["spec"]["podTemplate"]["spec"]["containers"]
    for wrong in (unknown, lacking):
        with pytest.raises(ValidationError):
            _validator("SandboxTemplate").validate(wrong)


def test_its_worker_is_the_sdks_own_and_every_mount_leads_to_a_volume() -> None:
    documents = _documents()
    program = documents[0]["data"]["worker.py"]
    calls = [one for one in ast.walk(ast.parse(program)) if isinstance(one, ast.Call)]
    given = next({word.arg for word in one.keywords} for one in calls if ast.unparse(one.func).endswith("work.worker"))
    worker = AsyncAnthropic(api_key="unused").beta.environments.work.worker
    assert given <= set(inspect.signature(worker).parameters)
    pod = documents[1]["spec"]["podTemplate"]["spec"]
    volumes = {one["name"] for one in pod["volumes"]}
    assert {mount["name"] for one in pod["containers"] for mount in one["volumeMounts"]} <= volumes
    assert [one["name"] for one in pod["containers"]] == ["link", "worker"]
