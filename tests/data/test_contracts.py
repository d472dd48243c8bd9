"""Every contract of the tables, broken once: the message says file, row, column, value and what was expected."""

import pytest

from tests.data.small_tables import (
    CODEBOOK,
    DISTANCES,
    EXCLUDED,
    MISSIONS,
    PARTICIPATION,
    STATES,
    add_fields,
    faults,
    ranged,
    swap,
    with_fields,
)

MONTHS = PARTICIPATION.replace("note\n", "note,months_earliest,months_latest\n", 1)


CASES = {
    "text where a number is due": (
        {"states": swap(STATES, "2,40,1989,15,40,-4,", "2,40,1989,fifteen,40,-4,")},
        "states.csv, row 4, column igo_joint: 'fifteen'; expected a whole number of 0 or more or empty",
    ),
    "NA is text, not missing": (
        {"states": swap(STATES, "-3.5,0,0,1,9.7,", "NA,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: 'NA'; expected a number or empty",
    ),
    "negative count": (
        {"states": swap(STATES, "2,690,1989,24,38,-2.5,0,1", "2,690,1989,24,38,-2.5,0,-1")},
        "states.csv, row 14, column visits: '-1'; expected a whole number of 0 or more or empty",
    ),
    "a count that is not whole": (
        {"states": swap(STATES, "2,690,1989,24,38", "2,690,1989,24.5,38")},
        "states.csv, row 14, column igo_joint: '24.5'; expected a whole number of 0 or more or empty",
    ),
    "negative amount": (
        {"states": swap(STATES, "-2.5,12.5,1,0", "-2.5,-12.5,1,0")},
        "states.csv, row 6, column aid: '-12.5'; expected a number of 0 or more or empty",
    ),
    "0/1 column": (
        {"states": swap(STATES, "-0.3,0,9,0,", "-0.3,0,9,2,")},
        "states.csv, row 8, column sanctions: '2'; expected a whole number from 0 to 1 or empty",
    ),
    "joint ties above own": (
        {"states": swap(STATES, "2,200,1993,61,95", "2,200,1993,96,95")},
        "states.csv, row 9, column igo_joint: '96'; expected at most 95, its exposure igo_own",
    ),
    "key twice in the table of states": (
        {"states": swap(STATES, "2,40,1993,16", "2,40,1989,16")},
        "states.csv, row 5, column pivotal+state+year: '2 40 1989'; expected each once, but row 4 has it too",
    ),
    "key twice in other digits": (
        {"participation": swap(PARTICIPATION, "gulf_1990,220,France", "gulf_1990,200.0,UK")},
        "participation.csv, row 3, column mission+state: 'gulf_1990 200'; expected each once, but row 2 has it too",
    ),
    "years out of order": (
        {"states": swap(swap(STATES, "2,220,1989,58", "2,220,1999,58"), "2,220,1993,59", "2,220,1989,59")},
        "states.csv, row 11, column year: '1989'; expected a year after the one in the row above",
    ),
    "a year that cannot be": (
        {"states": swap(STATES, "2,31,1989,20", "2,31,89,20")},
        "states.csv, row 2, column year: '89'; expected a whole number from 1816 to 2100",
    ),
    "a state code that cannot be": (
        {"states": swap(STATES, "2,31,1989,20", "2,BHM,1989,20")},
        "states.csv, row 2, column state: 'BHM'; expected a whole number from 1 to 999",
    ),
    "a value outside the years covered": (
        {"codebook": swap(CODEBOOK, "sanctions,1945,2005", "sanctions,1945,1992")},
        "states.csv, row 3, column sanctions: '0'; expected empty outside 1945 to 1992, the years codebook.csv gives",
    ),
    "missing column": (
        {"states": swap(STATES, "igo_joint", "igo_jont")},
        "states.csv: column igo_joint is missing; is it igo_jont?",
    ),
    "column that the codebook does not describe": (
        {"states": swap(STATES, "aid_change\n", "aid_chnge\n")},
        "states.csv: column aid_chnge is not described in codebook.csv; add its row; did you mean aid_change?",
    ),
    "missing key column": (
        {"participation": swap(PARTICIPATION, "joined,", "took_part,")},
        "participation.csv: column joined is missing; the file has mission, state, state_name, role, took_part, "
        "first_year, certainty, sources, ...",
    ),
    "duplicate mission-state row": (
        {"participation": swap(PARTICIPATION, "gulf_1990,220,France", "gulf_1990,200,France")},
        "participation.csv, row 3, column mission+state: 'gulf_1990 200'; expected each once, but row 2 has it too",
    ),
    "a mission that is not listed": (
        {"participation": swap(PARTICIPATION, "haiti_1994,31", "haiti_1995,31")},
        "participation.csv, row 5, column mission: 'haiti_1995'; expected a mission of missions.csv; did you mean "
        "haiti_1994?",
    ),
    "a state that did not exist": (
        {"participation": swap(PARTICIPATION, "gulf_1990,220,France", "gulf_1990,260,West Germany")},
        "participation.csv, row 3, column state: '260'; expected a state of states.csv in 1989 or 1990 (it was not in "
        "the system)",
    ),
    "certainty": (
        {"participation": swap(PARTICIPATION, ",probable,", ",propable,")},
        "participation.csv, row 3, column certainty: 'propable'; expected one of verified, probable, uncertain; did you "
        "mean probable?",
    ),
    "joined": (
        {"participation": swap(PARTICIPATION, "combat,1,1990", "combat,yes,1990")},
        "participation.csv, row 2, column joined: 'yes'; expected a whole number from 0 to 1",
    ),
    "the pivotal state as participant": (
        {"participation": swap(PARTICIPATION, "gulf_1990,200,United Kingdom", "gulf_1990,2,USA")},
        "participation.csv, row 2, column state: '2'; expected a state other than the mission's pivotal state",
    ),
    "a target as participant": (
        {"participation": swap(PARTICIPATION, "gulf_1990,200,United Kingdom", "gulf_1990,645,Iraq")},
        "participation.csv, row 2, column state: '645'; expected a state that is no target of the mission",
    ),
    "joined before the mission": (
        {"participation": swap(PARTICIPATION, "combat,1,1990", "combat,1,1985")},
        "participation.csv, row 2, column first_year: '1985'; expected a year of the mission, 1990 to 1991, or empty",
    ),
    "mission twice": (
        {"missions": swap(MISSIONS, "haiti_1994,Haiti", "gulf_1990,Haiti")},
        "missions.csv, row 3, column mission: 'gulf_1990'; expected each once, but row 2 has it too",
    ),
    "a mission without name": (
        {"missions": swap(MISSIONS, "haiti_1994,Haiti", "haiti 94,Haiti")},
        "missions.csv, row 3, column mission: 'haiti 94'; expected an identifier of letters, digits and underscores",
    ),
    "a mission that ends before it starts": (
        {"missions": swap(MISSIONS, "1990,1991", "1990,1989")},
        "missions.csv, row 2, column end_year: '1989'; expected 1990 (start_year) or later",
    ),
    "no rows in the year before a mission": (
        {"missions": swap(MISSIONS, "Haiti 1994,1994,1995", "Haiti 1994,1993,1995")},
        "missions.csv, row 3, column start_year: '1993'; expected rows of pivotal 2 and year 1992, the year before the "
        "start, in states.csv",
    ),
    "outcome kind": (
        {"missions": swap(MISSIONS, "1995,2,deployment", "1995,2,deploy")},
        "missions.csv, row 3, column outcome_kind: 'deploy'; expected one of deployment, political_support; did you mean "
        "deployment?",
    ),
    "evidence": (
        {"missions": swap(MISSIONS, "690,strong", "690,")},
        "missions.csv, row 2, column evidence: empty; expected one of strong, fair, weak",
    ),
    "lists of codes": (
        {"missions": swap(MISSIONS, "645,690", "Iraq,690")},
        "missions.csv, row 2, column targets: 'Iraq'; expected state codes separated by semicolons, such as 645;690, or "
        "empty",
    ),
    "mission covariate": (
        {"missions": swap(MISSIONS, "deployment,1,0,645", "deployment,1,maybe,645")},
        "missions.csv, row 2, column short_horizon: 'maybe'; expected a whole number from 0 to 1 or empty",
    ),
    "role": (
        {"codebook": swap(CODEBOOK, "un_agreement,indicator", "un_agreement,indicater")},
        "codebook.csv, row 7, column role: 'indicater'; expected one of key, tie_count, tie_exposure, indicator, rival_tie, "
        "payment, control, placebo, other; did you mean indicator?",
    ),
    "role of an earlier codebook": (
        {"codebook": swap(CODEBOOK, "un_agreement,indicator", "un_agreement,quality")},
        "codebook.csv, row 7, column role: 'quality'; expected indicator, with alignment (or what else it measures) under "
        "construct",
    ),
    "family": (
        {"codebook": swap(CODEBOOK, "un_agreement,indicator,normal", "un_agreement,indicator,gaussian")},
        "codebook.csv, row 7, column family: 'gaussian'; expected one of normal, bernoulli, count",
    ),
    "family of an earlier codebook": (
        {"codebook": swap(CODEBOOK, "aid,indicator,normal", "aid,indicator,hurdle")},
        "codebook.csv, row 8, column family: 'hurdle'; expected normal, with log1p under transform",
    ),
    "transform": (
        {
            "codebook": swap(
                CODEBOOK,
                "visits,indicator,count,,1,log1p",
                "visits,indicator,count,,1,sqrt",
            )
        },
        "codebook.csv, row 9, column transform: 'sqrt'; expected one of none, log, log1p",
    ),
    "direction": (
        {"codebook": swap(CODEBOOK, "bernoulli,,-1", "bernoulli,,-2")},
        "codebook.csv, row 10, column direction: '-2'; expected a whole number from -1 to 1 or empty",
    ),
    "a tie count without exposure": (
        {"codebook": swap(CODEBOOK, "igo_own,1,log1p,count,joint", "igo_all,1,log1p,count,joint")},
        "codebook.csv, row 5, column pairs_with: 'igo_all'; expected the column that holds the exposure of this tie "
        "count",
    ),
    "years of the codebook": (
        {"codebook": swap(CODEBOOK, "1951,2016", "2016,1951")},
        "codebook.csv, row 12, column last_year: '1951'; expected a year not before first_year",
    ),
    "column described twice": (
        {"codebook": CODEBOOK + "visits,indicator,normal,,1,none,count,again,,\n"},
        "codebook.csv, row 13, column column: 'visits'; expected each once, but row 9 has it too",
    ),
    "column described but absent": (
        {"codebook": CODEBOOK + "trade,indicator,normal,,1,none,share,trade,,\n"},
        "states.csv: column trade is missing; the file has pivotal, state, year, igo_joint, igo_own, un_agreement, aid, "
        "visits, ...",
    ),
    "distance": (
        {"distances": swap(DISTANCES, "31,10000", "31,-5")},
        "distances.csv, row 2, column distance_km: '-5'; expected a number from 0 to 20100",
    ),
    "distance of an unknown mission": (
        {"distances": swap(DISTANCES, "gulf_1990,31,", "gulf_1991,31,")},
        "distances.csv, row 2, column mission: 'gulf_1991'; expected a mission of missions.csv; did you mean gulf_1990?",
    ),
    "distance twice": (
        {"distances": swap(DISTANCES, "gulf_1990,40,", "gulf_1990,31,")},
        "distances.csv, row 3, column mission+state: 'gulf_1990 31'; expected each once, but row 2 has it too",
    ),
    "entry bounds in the wrong order": (
        {
            "participation": "\n".join(
                line + (",12,3" if ",220," in line else ",,") if number else line
                for number, line in enumerate(MONTHS.strip().split("\n"))
            )
        },
        "participation.csv, row 3, column months_latest: '3'; expected as many months as months_earliest, more, or empty",
    ),
    "days to the deployment": (
        {
            "missions": "mission,label,start_year,pivotal,days_to_deployment\ngulf_1990,Gulf,1990,2,-5\nhaiti_1994,H,1994,2,\n"
        },
        "missions.csv, row 2, column days_to_deployment: '-5'; expected a number of 0 or more or empty",
    ),
    "certainty of the pivotal state": (
        {
            "missions": "mission,label,start_year,pivotal,pivotal_certainty\n"
            "gulf_1990,G,1990,2,verfied\nhaiti_1994,H,1994,2,probable\n"
        },
        "missions.csv, row 2, column pivotal_certainty: 'verfied'; expected one of verified, probable, uncertain; did you "
        "mean verified?",
    ),
    "exclusion of an unknown mission": (
        {"excluded": swap(EXCLUDED, "gulf_1990", "gulf_1991")},
        "excluded.csv, row 2, column mission: 'gulf_1991'; expected a mission of missions.csv; did you mean gulf_1990?",
    ),
    "exclusion without a reason": (
        {"excluded": swap(EXCLUDED, "on the other side", "")},
        "excluded.csv, row 2, column reason: empty; expected the reason why the state could not have joined",
    ),
    "a code for what is missing in a column of scores": (
        {"states": swap(STATES, "-3.5,0,0,1,9.7,", "-99,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: '-99'; expected an empty field for what is missing, not a code for it",
    ),
    "a code for what is missing in a count": (
        {"states": swap(STATES, "2,690,1989,24,38,-2.5,0,1", "2,690,1989,24,38,-2.5,0,-9")},
        "states.csv, row 14, column visits: '-9'; expected an empty field for what is missing, not a code for it",
    ),
    "a code for what is missing in the table of missions": (
        {
            "missions": swap(MISSIONS, "un_mandate,short_horizon,targets", "un_mandate,days,targets").replace(
                ",1,0,645", ",1,-999,645"
            )
        },
        "missions.csv, row 2, column days: '-999'; expected an empty field for what is missing, not a code for it",
    ),
    "infinity": (
        {"states": swap(STATES, "-2.5,12.5,1,0", "-2.5,inf,1,0")},
        "states.csv, row 6, column aid: 'inf'; expected a number below 1e+15 in size or empty",
    ),
    "a number of absurd size": (
        {"states": swap(STATES, "-3.5,0,0,1,9.7,", "1e300,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: '1e300'; expected a number below 1e+15 in size or empty",
    ),
    "above the codebook's maximum": (
        ranged("un_agreement", "-6", "0") | {"states": swap(STATES, "-3.5,0,0,1,9.7,", "3.5,0,0,1,9.7,")},
        "states.csv, row 12, column un_agreement: '3.5'; expected a number from -6 to 0 or empty",
    ),
    "below the codebook's minimum": (
        ranged("log_population", "1", "")
        | {"states": swap(STATES, "1993,24,39,-2,0,3,0,7.3", "1993,24,39,-2,0,3,0,0.3")},
        "states.csv, row 15, column log_population: '0.3'; expected a number of 1 or more or empty",
    ),
    "a maximum below the minimum": (
        ranged("aid", "5", "4"),
        "codebook.csv, row 8, column maximum: '4'; expected a number not below minimum",
    ),
    "a construct that is none": (
        with_fields("construct", {"un_agreement": "alignmnt"}),
        "codebook.csv, row 7, column construct: 'alignmnt'; expected one of empty, alignment, contact, clientship, "
        "hierarchy, cooperativeness, ties; did you mean alignment?",
    ),
    "two anchors of a construct": (
        {
            "codebook": add_fields(
                add_fields(CODEBOOK, "construct", {"un_agreement": "alignment", "sanctions": "alignment"}),
                "anchor",
                {"un_agreement": "1", "sanctions": "1"},
            )
        },
        "codebook.csv, row 10, column anchor: '1'; expected 0: another column is the anchor of alignment",
    ),
    "adjusted for an unknown column": (
        with_fields("adjust_for", {"aid": "log_populaton"}),
        "codebook.csv, row 8, column adjust_for: 'log_populaton'; expected columns of this codebook, separated by ;; did "
        "you mean log_population?",
    ),
    "superscript digits in a list of codes": (
        {"missions": swap(MISSIONS, ",1,0,645,690", ",1,0,64\u2075,690")},
        "missions.csv, row 2, column targets: '64\u2075'; expected state codes separated by semicolons, such as 645;690, or "
        "empty",
    ),
    "empty file": (
        {"states": ""},
        "states.csv: the file is empty; expected a header line and at least one row",
    ),
    "header only": (
        {"participation": PARTICIPATION.split("\n")[0] + "\n"},
        "participation.csv: the file has a header but no rows; expected at least one row",
    ),
    "row with a field too many": (
        {"missions": swap(MISSIONS, "690,strong", "690,strong,yes")},
        "missions.csv, row 2: 12 fields; expected 11, as in the header",
    ),
    "row with a field too few": (
        {"missions": swap(MISSIONS, ",690,strong", ",strong")},
        "missions.csv, row 2: 10 fields; expected 11, as in the header",
    ),
    "column twice": (
        {"missions": swap(MISSIONS, "label,start_year", "mission,start_year")},
        "missions.csv, row 1: column mission appears twice; expected each column once",
    ),
    "not UTF-8": (
        {"missions": MISSIONS.replace("Haiti 1994,", "Haïti 1994,").encode("latin-1")},
        "missions.csv: byte 181 is not UTF-8 text; save the table as CSV in UTF-8",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_broken_table_is_refused_in_one_line(case, tmp_path):
    changes, message = CASES[case]
    assert message in faults(tmp_path, **changes)


# Broken keys and names break what refers to them too; all other cases give one line and no other.
CONSEQUENCES = {
    "a year that cannot be",
    "missing column",
    "key twice in the table of states",
    "column that the codebook does not describe",
    "mission twice",
    "column described twice",
    "no rows for a pivotal state",
    "a mission without name",
    "a value outside the years covered",
    "years of the codebook",
    "a maximum below the minimum",
    "a mission that ends before it starts",
}


@pytest.mark.parametrize("case", sorted(set(CASES) - CONSEQUENCES))
def test_one_fault_gives_one_line(case, tmp_path):
    changes, message = CASES[case]
    assert faults(tmp_path, **changes) == [message]
