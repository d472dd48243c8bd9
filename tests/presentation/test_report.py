"""The report is one page that works without a network."""

import json
import re
import shutil
import subprocess

from workflow.lib.presentation import report


def test_the_report_needs_no_network(shown):
    page = (shown[0] / "report" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)\s*=\s*["\'](?:https?:)?//', page)
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//|@import|fetch\(|XMLHttpRequest", page)
    assert "<script src" not in page and '<link rel="stylesheet"' not in page
    outside = set(re.findall(r"https?://[^\s\"'<>)]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in outside), outside


def test_every_link_and_identifier_of_the_report_is_sound(shown):
    results = shown[0]
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    for link in re.findall(r'<li><a href="([^"]+)"', page):
        assert (results / "report" / link).resolve().exists(), link
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert set(re.findall(r'<a href="#([^"]+)"', page)) <= set(identifiers)


def test_every_picture_of_the_report_has_words_for_those_who_cannot_see_it(shown):
    page = (shown[0] / "report" / "index.html").read_text(encoding="utf-8")
    pictures = re.findall(r"<figure><svg[^>]*>", page)
    assert len(pictures) == 11
    assert all(
        'role="img"' in picture and len(re.findall(r'aria-label="[^"]{40,}"', picture)) == 1
        for picture in pictures
    )


def test_the_script_of_the_report_is_sound_and_has_held_out_predictions(shown, tmp_path):
    page = (shown[0] / "report" / "index.html").read_text(encoding="utf-8")
    data = json.loads(
        re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page, re.DOTALL).group(1)
    )
    assert data["first_mission"] == "korea_1950" and data["names"]["740"] == "Japan"
    assert {len(row) for row in data["quality"]["740"]} == {4}
    assert "predicted without any mission of the same conflict" in page
    if node := shutil.which("node"):
        script = tmp_path / "page.js"
        script.write_text(re.search(r"<script>(.*?)</script>", page, re.DOTALL).group(1), encoding="utf-8")
        subprocess.run([node, "--check", str(script)], check=True)


def test_nothing_in_a_name_can_end_the_script():
    assert "</script" not in report.script_json({"name": "</script><b>"})
