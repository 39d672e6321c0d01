"""What a person writes into settings.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.contracts.own_port import NOWHERE, own_port, without_own_port
from workbench.settings import Settings, SettingsError, load, make_private


def read(folder: Path, model: str) -> Settings:
    (folder / "config").mkdir()
    (folder / "config" / "settings.toml").write_text(f"[model]\n{model}\n")
    return load({"WORKBENCH_HOME": str(folder), "HOME": str(folder)})


def test_the_room_of_a_conversation_can_be_set(tmp_path: Path) -> None:
    settings = read(tmp_path, "context_window = 32000\ncompact_at = 0.5")
    assert (settings.context_window, settings.compact_at) == (32000, 0.5)
    assert settings.permissions == tmp_path / "config" / "permissions.toml"


@pytest.mark.parametrize(
    "line", ["context_window = 0", 'context_window = "many"', "compact_at = 80", "compact_at = 1.5"]
)
def test_a_room_that_cannot_be_is_told_with_an_example(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsError, match=r"as in (context_window = 32000|compact_at = 0.8)"):
        read(tmp_path, line)


def test_project_instructions_are_read_unless_the_file_says_none(tmp_path: Path) -> None:
    assert read(tmp_path, "").reads_instructions
    file = tmp_path / "config" / "settings.toml"
    file.write_text('[project]\ninstructions = "none"\n')
    assert not load({"WORKBENCH_HOME": str(tmp_path)}).reads_instructions
    file.write_text('[project]\ninstructions = "all"\n')
    with pytest.raises(SettingsError, match=r"project\.instructions must be one of read, none"):
        load({"WORKBENCH_HOME": str(tmp_path)})


def test_a_folder_that_cannot_be_made_or_written_to_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="WORKBENCH_HOME"):
        make_private(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1:5123", None),
        ("http://localhost:4181", None),
        ("http://127.0.0.1:9", "wb-void"),
        (NOWHERE, None),
    ],
)
def test_the_engines_own_port_is_no_model_endpoint(tmp_path: Path, url: str, key: str | None) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "serve.json").write_text('{"port": 5123, "token": "wb-x"}')
    shell = {"WORKBENCH_HOME": str(tmp_path), "ANTHROPIC_BASE_URL": url, **({"ANTHROPIC_API_KEY": key} if key else {})}
    settings = load(shell)
    assert without_own_port(settings) is None
    assert "the engine's own port" in (own_port(settings) or "")
    other = load({**shell, "ANTHROPIC_BASE_URL": "http://127.0.0.1:11434", "ANTHROPIC_API_KEY": "sk-x"})
    assert (without_own_port(other), own_port(other)) == (other.endpoint, None)
