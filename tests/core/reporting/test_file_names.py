"""Names of downloads are safe on every system and never empty."""

from __future__ import annotations

from core.reporting.file_names import archive_name, file_stem


def test_names_of_any_kind_leave_letters_digits_and_joints() -> None:
    assert file_stem("a/b\\c: d?.csv") == "a_b_c_d_csv"
    assert archive_name("Ärzte & Co.csv", "plain") == "ärzte-co-plain.zip"


def test_no_name_is_empty_or_long() -> None:
    assert (file_stem("///"), archive_name("...", "")) == ("run", "model-model.zip")
    assert len(file_stem("n" * 500)) == 60
    assert len(archive_name("n" * 500, "plain")) == 60 + len("-plain.zip")
