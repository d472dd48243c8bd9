"""Compositions that cannot be estimated get one plain line each, before anything is built."""

import numpy as np
import pytest
from compositions import COMPOSITIONS
from example import example_data

from models.composition import Composition, Moderator, check

DATA = example_data()
OUTCOME = ("outcome",)
KNOWN_COVARIATES = "democracy, hierarchy, log_population"
KNOWN_BLOCKS = "contact, cooperativeness, outcome, quality, ties"

BAD_TERMS = {
    "unknown block": (
        {"blocks": ("qualty", "outcome")},
        f"blocks: 'qualty' is not one of {KNOWN_BLOCKS}; did you mean 'quality'?",
    ),
    "no block": (
        {"blocks": ()},
        "blocks: empty; name at least one of quality, contact, ties, cooperativeness, outcome",
    ),
    "unknown inference": (
        {"blocks": OUTCOME, "inference": "ploughin"},
        "inference: 'ploughin' is not one of cut, joint, plugin; did you mean 'plugin'?",
    ),
    "unknown family of ties": (
        {"blocks": ("ties",), "tie_family": "poisson"},
        "tie_family: 'poisson' is not one of beta_binomial, negative_binomial",
    ),
    "unknown mission slope": (
        {"blocks": OUTCOME, "mission_slopes": ("tie",)},
        "mission_slopes: 'tie' is not one of quality, ties; did you mean 'ties'?",
    ),
    "mission slope of an absent regressor": (
        {"blocks": OUTCOME, "mission_slopes": ("quality",)},
        "mission_slopes: 'quality' is not a regressor of this model; "
        "add the block 'quality' (or latents: [quality]) or drop the slope",
    ),
    "mission slope of ties that are left out": (
        {"blocks": OUTCOME, "ties": False, "mission_slopes": ("ties",)},
        "mission_slopes: 'ties' is not a regressor of this model; "
        "add the block 'quality' (or latents: [quality]) or drop the slope",
    ),
    "latent without indicators": (
        {"blocks": OUTCOME, "latents": ("quality",)},
        "latents: quality has no indicators here; add the block 'quality' or use plugin or cut",
    ),
    "plug-in without latents": (
        {"blocks": OUTCOME, "inference": "plugin"},
        "inference: 'plugin' takes quality from another model; "
        "set latents: [quality] and leave the block 'quality' out",
    ),
    "cut that measures quality itself": (
        {"blocks": ("quality", "outcome"), "latents": ("quality",), "inference": "cut"},
        "inference: 'cut' takes quality from another model; "
        "set latents: [quality] and leave the block 'quality' out",
    ),
    "contact without quality": (
        {"blocks": ("contact", "outcome")},
        "blocks: 'contact' is split from quality; add the block 'quality'",
    ),
    "covariate that is not a column": (
        {"blocks": OUTCOME, "covariates": ("democrcy",)},
        f"covariates: 'democrcy' is not one of {KNOWN_COVARIATES}; did you mean 'democracy'?",
    ),
    "moderator that is not a column": (
        {"blocks": OUTCOME, "moderators": (Moderator("ties", "wealth"),)},
        f"moderators.by: 'wealth' is not one of {KNOWN_COVARIATES}",
    ),
    "moderator of an absent regressor": (
        {"blocks": OUTCOME, "moderators": (Moderator("quality", "democracy"),)},
        "moderators.of: 'quality' is not one of ties",
    ),
    "mission predictor that is not a column": (
        {"blocks": OUTCOME, "mission_predictors": {"intercept": ("un_mandat",)}},
        "mission_predictors.intercept: 'un_mandat' is not one of short_horizon, un_mandate; did you mean 'un_mandate'?",
    ),
    "mission predictor of a slope that does not vary": (
        {"blocks": OUTCOME, "mission_predictors": {"ties": ("un_mandate",)}},
        "mission_predictors: 'ties' does not vary by mission here; add it to mission_slopes",
    ),
}


@pytest.mark.parametrize("case", BAD_TERMS)
def test_bad_terms_get_one_plain_line(case):
    terms, expected = BAD_TERMS[case]
    assert check(Composition("trial", **terms), DATA) == [f"models.trial.{expected}"]


def count_above_exposure(data):
    joint = data.tie_joint.copy(deep=True)
    joint[1, :3, 2] = data.tie_own[1, :3, 2] + 1
    return data.assign(tie_joint=joint)


def never_observed(data):
    values = data.indicator_value.copy(deep=True)
    values.loc[{"indicator": "exercises"}] = np.nan
    return data.assign(indicator_value=values)


def with_anchors(data, names):
    return data.assign_coords(anchor=("indicator", [n in names for n in data.indicator.values]))


def with_family(data, name, family):
    families = np.where(data.indicator.values == name, family, data.family.values)
    return data.assign_coords(family=("indicator", families))


BAD_DATA = {
    "factor without anchor": (
        ("quality",),
        lambda data: with_anchors(data, ()),
        "blocks: quality needs exactly one anchor among its indicators (its loading is positive), found 0",
    ),
    "factor with two anchors": (
        ("quality",),
        lambda data: with_anchors(data, ("un_agreement", "trade_share")),
        "blocks: quality needs exactly one anchor among its indicators (its loading is positive), found 2",
    ),
    "anchor that contact takes away": (
        ("quality", "contact"),
        lambda data: with_anchors(data, ("visits_to_pivotal",)),
        "blocks: quality needs exactly one anchor among its indicators (its loading is positive), found 0",
    ),
    "too few indicators": (
        ("quality",),
        lambda data: data.sel(indicator=["un_agreement", "trade_share"]),
        "blocks: quality needs at least three indicators, the data have 2; "
        "give columns the role 'quality' in the codebook",
    ),
    "indicator never observed": (
        ("quality",),
        never_observed,
        "blocks: the indicator 'exercises' is never observed; take it out of the codebook's roles",
    ),
    "contact with one indicator": (
        ("quality", "contact"),
        lambda data: data.sel(indicator=data.indicator.values[:6]),
        "blocks: contact needs at least two indicators with the role 'personal_contact', found 1",
    ),
    "contact with a normal indicator": (
        ("quality", "contact"),
        lambda data: with_family(data, "visits_to_pivotal", "normal"),
        "blocks: contact takes counts and 0/1 indicators, 'visits_to_pivotal' is normal; "
        "give it the role 'quality' in the codebook",
    ),
    "one tie count": (
        ("ties",),
        lambda data: data.isel(tie_item=[0]),
        "blocks: ties needs at least two tie counts to separate opportunity from noise, the data have 1",
    ),
    "count above its exposure": (
        ("ties",),
        count_above_exposure,
        "blocks: 3 joint counts of 'alliance' are above the own count they are part of",
    ),
    "one indicator of cooperativeness": (
        ("cooperativeness",),
        lambda data: data.isel(cooperativeness_item=[0]),
        "blocks: cooperativeness needs at least two indicators of its own; the data have 1",
    ),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_data_that_a_block_cannot_use_get_one_plain_line(case):
    blocks, change, expected = BAD_DATA[case]
    assert check(Composition("trial", blocks=blocks), change(DATA)) == [f"models.trial.{expected}"]


def test_several_faults_are_reported_at_once_one_line_each():
    composition = Composition(
        "trial", blocks=("contact", "outcome"), covariates=("x",), mission_slopes=("quality",)
    )
    faults = check(composition, DATA)
    assert len(faults) == 3
    assert all("\n" not in fault and fault.startswith("models.trial.") for fault in faults)


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_compositions_that_ship_have_no_fault(name):
    assert check(COMPOSITIONS[name], DATA) == []


def test_a_composition_from_the_configuration_is_the_one_written_in_python():
    plain = {
        "blocks": ["quality", "ties", "outcome"],
        "moderators": [{"of": "quality", "by": "hierarchy"}],
        "mission_predictors": {"ties": ["short_horizon"], "intercept": []},
        "mission_slopes": ["ties"],
    }
    expected = Composition(
        "trial",
        blocks=("quality", "ties", "outcome"),
        moderators=(Moderator("quality", "hierarchy"),),
        mission_predictors={"ties": ("short_horizon",)},
        mission_slopes=("ties",),
    )
    assert Composition.from_mapping("trial", plain) == expected


def test_an_unknown_term_is_refused_with_what_is_known():
    with pytest.raises(
        ValueError, match=r"^models\.trial\.block: unknown term; known are blocks, covariates, "
    ):
        Composition.from_mapping("trial", {"block": ["outcome"]})


def test_covariates_are_the_controls_unless_named():
    assert Composition("trial", blocks=OUTCOME).covariate_names(DATA) == ["log_population", "democracy"]
    named = Composition("trial", blocks=OUTCOME, covariates=("hierarchy", "log_population"))
    assert named.covariate_names(DATA) == ["log_population", "hierarchy"]


def test_personal_indicators_measure_quality_unless_contact_is_split_off():
    personal = {"visits_to_pivotal", "visits_from_pivotal", "ambassador_in_post"}
    assert personal <= set(COMPOSITIONS["joint"].indicator_names(DATA))
    assert personal.isdisjoint(COMPOSITIONS["persons"].indicator_names(DATA))
    assert set(COMPOSITIONS["persons"].contact_names(DATA)) == personal
    assert COMPOSITIONS["joint"].contact_names(DATA) == []
