"""Free texts of the compiled evidence into classes: roles, sources, years.

Pure functions and the tables of patterns behind them. A role that fits no pattern is a `UserError`; it is never guessed.

One rule for what a state did, whatever the mission and whatever a dataset calls it:

* `combat`: armed contingents, ships or combat aircraft in the theatre; `support`: unarmed or enabling contingents, police,
  trainers, observers, relief. Both join a deployment.
* `staff`: officers in the headquarters, or crews of an alliance's early-warning aircraft, and nothing else; `basing`: bases,
  airspace, transit; `finance`: money. None of them joins; a setting may count them.
* `pledge`: promised or on standby, not sent; `declined`: asked or expected, and refused; `refused`: offered forces that the
  builder or the host did not want; `political`: words; `listed`: named by a source that does not say that it took part.
"""

from __future__ import annotations

import re

from workflow.lib.errors import UserError

COW_FAMILY = "cow"
WIKIPEDIA = "wikipedia"
WIKIPEDIA_COPIES = (
    r"wiki|academickids|absoluteastronomy|fandom|encyclopedia mirror|piglix"
    r"|grokipedia|infogalactic|sagapedia|knowledger"
)
GENERAL_KNOWLEDGE = "general knowledge of the compilers (no source retrieved)"
SOURCE_PATTERNS: tuple[tuple[str, str, str, str], ...] = (
    (r"^COW Inter-State War", "dataset", COW_FAMILY, "COW Inter-State War"),
    (r"^Military Deployment Index", "dataset", "mdi", "Military Deployment Index (IISS)"),
    # What the evidence says of datasets at hand is read from the datasets themselves.
    (r"^(IMI|GML MID|UCDP/PRIO|Mullenbach|Tago) ", "none", "", ""),
    (r"no names\)$", "none", "", ""),
    (r"^none retrieved", "none", "", GENERAL_KNOWLEDGE),
    (r"general knowledge$", "none", "", GENERAL_KNOWLEDGE),
    (r"^histclo\.com", "list", "histclo", "list: histclo.com"),
    (r"^history\.com", "list", "history.com", "list: history.com"),
    (r"^Papers Past 25 May 1965", "list", "papers_past", "list: Papers Past 25 May 1965"),
    (r"^rappler/AFP", "list", "afp_2014", "list: AFP 2014"),
    (r"^interia\.pl", "list", "interia", "list: interia.pl"),
    (r"^1982 start = general knowledge", "none", "", ""),
)
"""Pattern of a source text -> kind, family, name to print. Any other text is a published list, its own family."""

BARE_LISTS_END = re.compile(
    r"\s*\((this copy|signatories|below COW|list cut|16 combat|552 peak|42,600|28,000).*$"
)

ROLE_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"^lead", "combat"),
    (r"^(headquarters staff|command and staff|staff)|AWACS crews", "staff"),
    (r"^not sovereign", "listed"),
    (r"^declined", "declined"),
    (r"^offered, refused", "refused"),
    (r"offer only|unclear deployment|^pledge|^offer|^standby", "pledge"),
    (r"not MNF-I|^listed|^parallel|^UN force|^host|national command\)$", "listed"),
    (r"^political", "political"),
    (r"^finance", "finance"),
    (r"^basing", "basing"),
    (r"noncombat|non-combat", "support"),
    (
        r"^(medical|field hospital|airlift|support|training|police($| \()|engineers|military police)",
        "support",
    ),
    (r"^(bomb disposal|1-2 specialists|chemical|naval refuelling|air recon)", "support"),
    (r"^(support/medical|IAF \(medical\)|medics|observers|trainers|officers|humanitarian|border)", "support"),
    (r"^air/medical|naval/medical|rescue ships|police/defence", "support"),
    (
        r"troops|combat|paratroops|special forces|naval|^air|contingent|helicopters|offshore|gendarmes",
        "combat",
    ),
)
"""First match decides."""

YEAR_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"joined about ((?:19|20)\d\d)", "dated"),
    (r"from Feb ((?:19|20)\d\d)", "dated"),
    (r"medical \(30 in (1966)", "dated"),
    (r"believed original ((?:19|20)\d\d)", "believed"),
    (r"\(((?:19|20)\d\d)-(?:19|20)\d\d in source window", "latest"),
    (r"\(((?:19|20)\d\d)[+)]", "latest"),
    (r"(?:in|Jun|Jul|Feb|Aug|May) ((?:19|20)\d\d)\b", "latest"),
)
"""Pattern with the year -> basis; the first match decides. A pledge and a range without a source give no year."""


def role_class(text: str) -> str:
    """Class of a free-text role (see the module); `UserError` if no pattern matches."""
    for pattern, role in ROLE_PATTERNS:
        if re.search(pattern, text):
            return role
    raise UserError(
        f"participation evidence, column role, value {text!r}: no class known; add a pattern to ROLE_PATTERNS in "
        "workflow/lib/derivation/evidence_texts.py"
    )


def list_family(name: str) -> str:
    """Family of a published list: copies of Wikipedia are one source, any other list is its own."""
    return WIKIPEDIA if re.search(WIKIPEDIA_COPIES, name, re.IGNORECASE) else name.lower()


def split_sources(text: str) -> list[tuple[str, str, str]]:
    """Single sources named in a source text, as (kind, family, name to print); at least one, of kind `none`."""
    found = []
    for part in re.split(r";\s*(?![^(]*\))", text):
        for pattern, kind, family, label in SOURCE_PATTERNS:
            if re.search(pattern, part):
                if label:
                    found.append((kind, family, label))
                break
        else:
            name = BARE_LISTS_END.sub("", part).strip()
            found.append(("list", list_family(name), f"list: {name}"))
    return found or [("none", "", "")]


def year_in_role(text: str) -> tuple[int | None, str]:
    """First year that a role text gives, and its basis.

    The basis is `dated` (the entry), `believed` (the compilers' belief), `latest` (seen by then) or empty.
    """
    for pattern, basis in YEAR_PATTERNS:
        found = re.search(pattern, text)
        if found:
            return int(found.group(1)), basis
    return None, ""
