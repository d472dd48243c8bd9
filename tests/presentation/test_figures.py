"""Figures: every one is drawn, labelled and reproducible; what has no input is left out."""

import json

import pytest
from fake_results import World, write_fake_results

from workflow.lib.errors import UserError
from workflow.lib.presentation import captions, escape, figures, style
from workflow.lib.presentation.results import Results

NAMES = {make.__name__.removeprefix("draw_") for makers in figures.FIGURES.values() for make in makers}


def test_every_figure_and_case_is_drawn_and_has_a_caption(shown):
    results, settings, _, _ = shown
    drawn = json.loads((results / "figures.json").read_text(encoding="utf-8"))
    names = {name for found in drawn.values() for name in found}
    assert names == NAMES | {f"case_{mission}" for mission in settings["report"]["cases"]}
    for name in names:
        assert len(captions.figure(name, Results(results, settings))) > 40
        for suffix in figures.FORMATS:
            assert (results / "figures" / f"{name}.{suffix}").stat().st_size > 500


def test_every_figure_has_words_on_its_horizontal_axis(run):
    results = Results(*run)
    with style.styled():
        made = [make(results) for makers in figures.FIGURES.values() for make in makers]
        made.append(figures.draw_case(results, "gulf_1990"))
    for figure in made:
        below = [axes.get_xlabel() for axes in figure.axes] + [getattr(figure._supxlabel, "get_text", str)()]
        assert any(below)


def test_a_caption_names_the_interval_of_the_run(run):
    folder, settings = run
    results = Results(folder, settings | {"report": settings["report"] | {"interval": 0.8}})
    assert "80 % interval" in captions.figure("effects", results)


def test_a_figure_without_a_caption_is_one_line(run):
    with pytest.raises(UserError, match=r"figure 'nothing': no caption in figures\.rst"):
        captions.figure("nothing", Results(*run))


def test_a_run_without_optional_files_draws_what_it_can(bare_run, tmp_path):
    drawn = figures.draw_figures(bare_run[0], tmp_path, tmp_path / "figures.json", bare_run[1])
    assert drawn == {"results": ["effects"], "cases": ["case_korea_1950", "case_gulf_1990"]}


def test_the_paths_shown_are_of_states_that_the_known_orderings_name(run):
    results = Results(*run)
    first = [
        results.state_names[state]
        for state in figures.states_to_show(results, results.quality("smoothed"))[:4]
    ]
    assert set(first) == {"Japan", "Iran", "Canada", "Cuba"}


def test_without_known_orderings_the_paths_shown_are_of_states_that_joined_most(tmp_path):
    results = Results(*write_fake_results(tmp_path, World(checks=())))
    shown = figures.states_to_show(results, results.quality("smoothed"))
    joined = results.data["joined"].sum("mission").to_series()
    assert joined[shown].min() >= joined.drop(shown).max()


def test_the_same_input_gives_the_same_bytes(run, tmp_path):
    results = Results(*run)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        with style.styled():
            figures.save_figure(figures.draw_effects(results), tmp_path / folder, "effects")
    for suffix in figures.FORMATS:
        first, second = ((tmp_path / folder / f"effects.{suffix}").read_bytes() for folder in "ab")
        assert first == second, suffix


def test_names_in_a_figure_are_no_mathematics_and_no_hidden_labels(run, tmp_path):
    with style.styled():
        figure = figures.new_figure(2)
        axes = figure.subplots()
        figures.label_rows(axes, ["$x$ and $y", "a_b^c"])
        figures.legend(figure, {"_hidden": (style.TIES, "o")})
        figures.save_figure(figure, tmp_path, "names")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["$x$ and $y", "a_b^c"]
    assert not axes.get_yticklabels()[0].get_parse_math()
    assert [text.get_text().strip() for text in figure.legends[0].get_texts()] == ["_hidden"]


def test_a_long_name_is_shortened_in_a_figure():
    assert len(escape.figure("x" * 500)) == escape.LONGEST_IN_FIGURE
