"""Figures: every one is drawn, labelled and reproducible; what has no input is left out."""

import numpy as np
import pandas as pd
import pytest

from workflow.lib.errors import UserError
from workflow.lib.presentation import figures, quantities, style
from workflow.lib.presentation.captions import caption
from workflow.lib.presentation.results import Results


@pytest.fixture(scope="module")
def drawn(run):
    results = Results.load(*run)
    with style.styled():
        return {name: make() for name, make in figures.figure_makers(results).items()}


def test_every_figure_is_drawn(drawn, run):
    assert all(figure is not None for figure in drawn.values())
    cases = {f"case_{mission}" for mission in run[1]["report"]["cases"]}
    assert cases < set(drawn)
    assert len(drawn) == 10 + len(cases)


def test_every_figure_has_labels_on_its_axes(drawn):
    for name, figure in drawn.items():
        words = [axes.get_xlabel() + axes.get_ylabel() + axes.get_title() for axes in figure.axes]
        words += [text.get_text() for text in (figure._supxlabel, figure._supylabel) if text is not None]
        assert any("".join(words)), name
        horizontal = [axes.get_xlabel() for axes in figure.axes] + [
            getattr(figure._supxlabel, "get_text", str)()
        ]
        assert any(horizontal), name


def test_every_figure_has_a_caption_that_names_its_interval(drawn, run):
    settings = {**run[1], "report": {**run[1]["report"], "interval": 0.8}}
    for name in drawn:
        text = caption(name, settings)
        assert "{{" not in text
        assert ("interval" not in text) or "80 % interval" in text, name


def test_a_figure_without_a_caption_is_one_line(run):
    with pytest.raises(UserError, match=r"figure 'nothing': no caption in figures\.rst"):
        caption("nothing", run[1])


def test_a_run_with_one_model_leaves_out_what_it_has_not(small_run):
    with style.styled():
        made = {name: make() for name, make in figures.figure_makers(Results.load(*small_run)).items()}
    names = {name for name, figure in made.items() if figure is not None}
    assert {"effects", "joiners"} < names
    assert not {"quality_paths", "loadings", "mission_slopes"} & names


def test_the_same_input_gives_the_same_bytes(run, tmp_path):
    results = Results.load(*run)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        with style.styled():
            figures.save_figure(
                figures.draw_effects(results.effects, results.models), tmp_path / folder, "effects"
            )
    for suffix in figures.FORMATS:
        first, second = ((tmp_path / folder / f"effects.{suffix}").read_bytes() for folder in "ab")
        assert first == second, suffix


def test_poisson_binomial_quantile_equals_the_binomial_for_equal_probabilities():
    assert quantities.poisson_binomial_quantile(np.full(10, 0.5), 0.5) == 5
    assert quantities.poisson_binomial_quantile(np.full(10, 0.5), 0.05) == 2
    assert quantities.poisson_binomial_quantile(np.zeros(4), 0.95) == 0


def test_joiners_fall_back_from_held_out_to_fitted_to_mean_probabilities(run):
    results = Results.load(*run)
    assert set(quantities.joiners(results)["source"]) == {"held out"}
    results.comparison["missions"] = pd.DataFrame()
    assert set(quantities.joiners(results)["source"]) == {"fitted"}
    results.__dict__["checks"] = pd.DataFrame()
    table = quantities.joiners(results)
    assert set(table["source"]) == {"mean probabilities"}
    assert (table["lower"] <= table["mean"]).all() and (table["mean"] <= table["upper"]).all()
