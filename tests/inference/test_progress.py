"""Progress lines: what they say, and how often."""

from types import SimpleNamespace

import pytest

from workflow.lib.inference import progress


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(time=100.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: now.time)
    return now


def chains(*finished, total=400, divergences=0):
    return [SimpleNamespace(finished_draws=n, total_draws=total, divergences=divergences) for n in finished]


def test_a_line_names_chains_draws_divergences_and_the_time_left(clock):
    lines = []
    report = progress.progress_lines("joint", lines.append)
    clock.time += 10
    report(chains(100, 60, divergences=1))
    # 160 of 800 in ten seconds leave 640, forty seconds
    assert lines == ["joint: chains 1:100/400 2:60/400, divergences 2, 40 s left"]


def test_lines_come_at_most_every_few_seconds_and_once_at_the_end(clock):
    lines = []
    report = progress.progress_lines("joint", lines.append, seconds=5.0)
    for second, done in enumerate((10, 50, 100, 150, 200, 250, 300, 350, 399)):
        clock.time = 100.0 + second
        report(chains(done, done))
    assert [line.split(",")[0] for line in lines] == ["joint: chains 1:250/400 2:250/400"]
    report(chains(400, 400))
    report(chains(400, 400))
    assert lines[1:] == ["joint: chains 1:400/400 2:400/400, divergences 0, 0 s left"]


def test_time_left_is_a_number_before_the_first_draw(clock):
    lines = []
    report = progress.progress_lines("joint", lines.append)
    clock.time += 6
    report(chains(0, 0))
    assert lines == ["joint: chains 1:0/400 2:0/400, divergences 0, 4800 s left"]
