"""The narrowed profile: what the distribution allowed and a sandbox may not."""

from __future__ import annotations

import json

import pytest

from workbench.hands.podman.seccomp import DISTRIBUTION_PROFILE, narrowed


@pytest.mark.skipif(not DISTRIBUTION_PROFILE.exists(), reason="needs the distribution's profile: install podman")
def test_the_profile_is_for_one_architecture_and_allows_new_namespaces_and_vsock_by_no_rule() -> None:
    profile = narrowed(json.loads(DISTRIBUTION_PROFILE.read_text()), "SCMP_ARCH_X86_64")
    allowed = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    unconditional = {name for rule in allowed if not rule.get("args") for name in rule["names"]}
    assert profile["archMap"] == [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []}]
    assert unconditional.isdisjoint(
        {"socket", "socketcall", "clone", "clone3", "unshare", "setns", "mount", "keyctl", "bpf"}
    )
    families = [rule["args"][0]["value"] for rule in allowed if "socket" in rule["names"]]
    assert families == [1, 2, 10, 16]
    assert {"read", "execve", "openat", "futex"} <= unconditional


@pytest.mark.skipif(not DISTRIBUTION_PROFILE.exists(), reason="needs the distribution's profile: install podman")
def test_only_a_change_to_the_owner_that_a_file_has_reaches_the_kernel() -> None:
    profile = narrowed(json.loads(DISTRIBUTION_PROFILE.read_text()), "SCMP_ARCH_X86_64")
    rules = [
        (rule["action"], rule.get("errnoRet"), [(one["index"], one["op"], one["value"]) for one in rule["args"]])
        for rule in profile["syscalls"]
        if "fchownat" in rule["names"]
    ]
    assert rules == [
        ("SCMP_ACT_ALLOW", None, [(2, "SCMP_CMP_EQ", 0), (3, "SCMP_CMP_EQ", 0)]),
        ("SCMP_ACT_ERRNO", 0, [(2, "SCMP_CMP_GT", 0)]),
        ("SCMP_ACT_ERRNO", 0, [(3, "SCMP_CMP_GT", 0)]),
    ]
