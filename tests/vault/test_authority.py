"""The installation's own authority: leaves for one host each, and a bundle that running sandboxes see change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from cryptography import x509

from workbench.vault.proxy.authority import Authority, AuthorityKey, new_authority, write_bundle


def test_a_new_authority_is_written_into_the_files_that_are_there(tmp_path: Path) -> None:
    write_bundle(tmp_path, b"an authority with a long name", b"roots")
    before = (tmp_path / "bundle.pem").stat().st_ino
    write_bundle(tmp_path, b"another", b"roots")
    assert (tmp_path / "bundle.pem").read_bytes() == b"another\nroots"
    assert (tmp_path / "authority.pem").read_bytes() == b"another"
    assert (tmp_path / "bundle.pem").stat().st_ino == before
    assert stat.S_IMODE((tmp_path / "bundle.pem").stat().st_mode) == 0o644


def test_a_symlink_in_place_of_the_bundle_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "bundle.pem").symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        write_bundle(folder, b"a", b"b")
    assert target.read_text() == "mine"


def test_the_authority_signs_leaves_and_no_other_authority_and_shows_no_key() -> None:
    made = new_authority()
    certificate = x509.load_pem_x509_certificate(made.certificate.encode())
    limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert made.is_usable()
    assert "KEY" not in repr(made)
    assert not AuthorityKey("no key", made.certificate).is_usable()


def test_a_hosts_context_is_made_once_and_no_key_touches_a_disk(tmp_path: Path) -> None:
    authority = Authority(new_authority())
    before = set(os.listdir(tmp_path))
    assert authority.context("good.test") is authority.context("good.test")
    assert authority.context("good.test") is not authority.context("other.test")
    assert set(os.listdir(tmp_path)) == before
