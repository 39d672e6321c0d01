"""What is told of a long output begins with a whole line: half of a secret would be one that nobody knows again."""

from __future__ import annotations

from pathlib import Path

from sandboxes.runner.kept_output import OUTPUT_LIMIT_BYTES, KeptOutput


def test_what_is_told_of_a_long_output_begins_with_a_whole_line(tmp_path: Path) -> None:
    kept = KeptOutput(tmp_path)
    kept.tail += b"".join(b"secret-%06d-end\n" % number for number in range(20_000))
    head, _, told = kept.text().partition("\n")
    lines = told.split("\n")
    assert {(len(line), line[:7], line[-4:]) for line in lines} == {(17, "secret-", "-end")}
    assert OUTPUT_LIMIT_BYTES - 18 < len(told) <= OUTPUT_LIMIT_BYTES
    assert f"the last {len(told):,} of 360,000 bytes follow" in head
    kept.close()


def test_of_one_endless_line_the_end_is_told(tmp_path: Path) -> None:
    kept = KeptOutput(tmp_path)
    kept.tail += b"x" * (OUTPUT_LIMIT_BYTES + 5) + b"\nend"
    assert kept.text().partition("\n")[2] == "x" * (OUTPUT_LIMIT_BYTES - 4) + "\nend"
    kept.close()
