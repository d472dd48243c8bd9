"""Digests follow what files hold, not when they were written."""

import os

from workflow.lib import contents


def digest(tmp_path):
    contents._digest.cache_clear()
    return contents.digest_of(["a.txt", "b.txt"], tmp_path)


def test_a_date_changes_no_digest_and_a_word_does(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    before = digest(tmp_path)
    os.utime(tmp_path / "a.txt", (1, 1))
    assert digest(tmp_path) == before
    (tmp_path / "a.txt").write_text("two")
    os.utime(tmp_path / "a.txt", (1, 1))
    assert digest(tmp_path) != before


def test_a_file_that_appears_and_one_that_is_renamed_change_the_digest(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    before = digest(tmp_path)
    (tmp_path / "b.txt").write_text("")
    with_both = digest(tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert len({before, with_both, digest(tmp_path)}) == 3
