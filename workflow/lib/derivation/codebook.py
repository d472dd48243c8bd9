"""The codebook: what each column of the state-year table is, in words, with its source, citation and terms.

From `columns.csv` beside this module (one row a column, written by hand, in the order of the table), `origins.csv` (source,
citation and terms by the key under `source` in it) and the derived table to `data/codebook.csv`; `first_year` and `last_year`
are those in which the derived column is observed.

* `role`: `tie_count` and its `tie_exposure`; `indicator` of a construct; `rival_tie`; `payment` (outcomes of bargaining,
  refused as predictors); `control`; `placebo` (later ties); `other` (ships for users, in no default).
* `construct`: what an indicator measures, one construct each; `anchor` is 1 for the indicator that sets its sign.
* `pairs_with`: the exposure of a count, the most it could be; `adjust_for`: columns without which an indicator would measure
  wealth, size or age instead.
* `family` and `transform`: how the column is distributed, and how it enters a Gaussian model.
"""

from pathlib import Path

import pandas as pd

from workflow.lib.derivation.sources import read_texts

FACTS, ORIGINS = (Path(__file__).parent / name for name in ("columns.csv", "origins.csv"))


def column_facts() -> pd.DataFrame:
    """What is written by hand on each column of the state-year table, all as text, in the table's order."""
    return read_texts(FACTS)


def derive_codebook(states: pd.DataFrame) -> pd.DataFrame:
    """The codebook: one row a column of the state-year table, with the years in which it is observed.

    A column of the table without a row in `columns.csv`, or a row without a column, is a `ValueError`.
    """
    facts = column_facts()
    different = set(facts["column"]) ^ set(states.columns)
    if different:
        raise ValueError(f"codebook and state-year table differ in {sorted(different)}")
    facts = facts.rename(columns={"source": "key"}).merge(read_texts(ORIGINS), how="left", on="key")
    observed = [states.loc[states[name].notna(), "year"] for name in facts["column"]]
    first, last = ([int(end(years)) for years in observed] for end in (min, max))
    return facts.drop(columns="key").assign(first_year=first, last_year=last)
