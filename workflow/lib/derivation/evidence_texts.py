"""Free texts of the compiled evidence into classes: roles, sources, years.

Pure functions, and behind them the tables of patterns in `coding`. A role that fits no pattern is a `UserError`, never guessed.

One rule for what a state did, whatever the mission and whatever a dataset calls it:

* `combat`: armed contingents, ships or combat aircraft in the theatre; `support`: unarmed or enabling contingents, police,
  trainers, observers, relief. Both join a deployment.
* `staff`: officers in the headquarters, or crews of an alliance's early-warning aircraft, and nothing else; `basing`: bases,
  airspace, transit; `finance`: money. None of them joins; a setting may count them.
* `pledge`: promised or on standby, not sent; `declined`: asked or expected, and refused; `refused`: offered forces that the
  builder or the host did not want; `political`: words; `listed`: named by a source that does not say that it took part.
"""

import re

from workflow.lib.derivation.sources import CODING, read_texts
from workflow.lib.errors import UserError

WIKIPEDIA_COPIES = (
    r"wiki|academickids|absoluteastronomy|fandom|encyclopedia mirror|piglix"
    r"|grokipedia|infogalactic|sagapedia|knowledger"
)
GENERAL_KNOWLEDGE = "general knowledge of the compilers (no source retrieved)"
BARE_LISTS_END = re.compile(
    r"\s*\((this copy|signatories|below COW|list cut|16 combat|552 peak|42,600|28,000).*$"
)
# Of patterns the first match decides. A pledge and a range without a source give no year; what the evidence says of datasets at
# hand is read from the datasets themselves, so that it has no label; a source without a pattern is a published list.
ROLES, SOURCES, YEARS = (
    list(read_texts(CODING / f"{name}_patterns.csv").itertuples(index=False, name=None))
    for name in ("role", "source", "year")
)


def role_class(text: str) -> str:
    """Class of a free-text role (see the module); `UserError` if no pattern matches."""
    if role := next((role for pattern, role in ROLES if re.search(pattern, text)), None):
        return role
    raise UserError(
        f"participation evidence, column role, value {text!r}: no class known; add a pattern to "
        "workflow/lib/derivation/coding/role_patterns.csv"
    )


def list_family(name: str) -> str:
    """Family of a published list: copies of Wikipedia are one source, any other list is its own."""
    return "wikipedia" if re.search(WIKIPEDIA_COPIES, name, re.IGNORECASE) else name.lower()


def split_sources(text: str) -> list[tuple[str, str, str]]:
    """Single sources named in a source text, as (kind, family, name to print); at least one, of kind `none`."""
    sources = []
    for part in re.split(r";\s*(?![^(]*\))", text):
        name = BARE_LISTS_END.sub("", part).strip()
        default = ("list", list_family(name), f"list: {name}")
        sources.append(next((known for pattern, *known in SOURCES if re.search(pattern, part)), default))
    return [tuple(source) for source in sources if source[2]] or [("none", "", "")]


def year_in_role(text: str) -> tuple[int | None, str]:
    """First year that a role text gives, and its basis.

    The basis is `dated` (the entry), `believed` (the compilers' belief), `latest` (seen by then) or empty.
    """
    matches = ((re.search(pattern, text), basis) for pattern, basis in YEARS)
    return next(((int(match[1]), basis) for match, basis in matches if match), (None, ""))
