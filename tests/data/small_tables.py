"""A small, whole set of tables that fulfils every contract; tests break one thing at a time."""

from pathlib import Path

import pytest

from workflow.lib.errors import UserError
from workflow.lib.tables import load_tables

EXCLUDED = "mission,state,reason\ngulf_1990,40,on the other side\n"
MISSIONS = """mission,label,start_year,end_year,pivotal,outcome_kind,un_mandate,short_horizon,targets,host,evidence
gulf_1990,Gulf 1990-91,1990,1991,2,deployment,1,0,645,690,strong
haiti_1994,Haiti 1994,1994,1995,2,deployment,1,0,41,41,weak
"""
PARTICIPATION = """mission,state,state_name,role,joined,first_year,certainty,sources,note
gulf_1990,200,United Kingdom,combat,1,1990,verified,two lists,
gulf_1990,220,France,combat,1,,probable,one list,"late, but came"
gulf_1990,40,Cuba,political,0,,verified,one list,declined
haiti_1994,31,Bahamas,support,1,1994,uncertain,general knowledge,
"""
STATES = """pivotal,state,year,igo_joint,igo_own,un_agreement,aid,visits,sanctions,log_population,aid_change
2,31,1989,20,30,-1.5,0,1,0,5.5,0.1
2,31,1993,22,30,-1.4,,2,0,5.6,0.2
2,40,1989,15,40,-4,0,0,1,9.2,
2,40,1993,16,41,-4.1,0,0,,9.3,
2,41,1989,18,31,-2.5,12.5,1,0,8.7,
2,41,1993,19,32,-2.4,20,1,1,8.8,
2,200,1989,60,90,-0.3,0,9,0,10.9,0
2,200,1993,61,95,-0.4,0,8,0,11,0
2,220,1989,58,94,-1.0,0,5,0,10.9,0
2,220,1993,59,99,-1.1,0,6,0,11,0
2,645,1989,25,40,-3.5,0,0,1,9.7,
2,645,1993,25,40,-3.6,0,0,1,9.8,
2,690,1989,24,38,-2.5,0,1,0,7.5,
2,690,1993,24,39,-2,0,3,0,7.3,
"""
CODEBOOK = """column,role,family,pairs_with,direction,transform,unit,definition,first_year,last_year
pivotal,key,count,,,none,code,pivotal state,,
state,key,count,,,none,code,candidate,,
year,key,count,,,none,year,year observed,,
igo_joint,tie_count,count,igo_own,1,log1p,count,joint memberships,1945,2014
igo_own,tie_exposure,count,,1,log1p,count,own memberships,1945,2014
un_agreement,indicator,normal,,1,none,ideal points,agreement,1946,2019
aid,indicator,normal,,1,log1p,dollars,aid,1946,2019
visits,indicator,count,,1,log1p,count,visits,1940,2024
sanctions,indicator,bernoulli,,-1,none,0 or 1,sanctions,1945,2005
log_population,control,normal,,1,none,log thousands,population,1945,2022
aid_change,payment,normal,,,none,change,change of aid,1951,2016
"""
DISTANCES = """mission,state,distance_km
gulf_1990,31,10000
gulf_1990,40,11000
gulf_1990,41,10900
gulf_1990,200,3300
gulf_1990,220,2800
gulf_1990,690,0
haiti_1994,31,100
haiti_1994,40,80
haiti_1994,200,6500
haiti_1994,220,6600
haiti_1994,645,10500
haiti_1994,690,11100
"""
TEXTS = {
    "missions": MISSIONS,
    "participation": PARTICIPATION,
    "states": STATES,
    "codebook": CODEBOOK,
    "distances": DISTANCES,
}


def write_tables(folder: Path, **changes: str | bytes | None) -> dict[str, str]:
    """Write the tables with some of them replaced (None: left out); return the paths, relative to the folder.

    A table of excluded states is written when it is given.
    """
    texts = {**TEXTS, **changes}
    for name, text in texts.items():
        if text is not None:
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return {name: f"{name}.csv" for name, text in texts.items() if text is not None or name != "distances"}


def faults(folder, **changes):
    """Write broken tables, load them, return the lines of the error."""
    paths = write_tables(folder, **changes)
    with pytest.raises(UserError) as caught:
        load_tables(paths, folder)
    return str(caught.value).split("\n")


def swap(text, old, new):
    """The text with one thing in another's place."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the table"
    return text.replace(old, new)


def add_fields(text, field, values):
    """Add a column to a codebook; `values` by the column that is described."""
    header, *rows = text.rstrip("\n").split("\n")
    rows = [f"{row},{values.get(row.split(',')[0], '')}" for row in rows]
    return "\n".join([f"{header},{field}", *rows]) + "\n"


def with_fields(field, values):
    return {"codebook": add_fields(CODEBOOK, field, values)}


def ranged(column, minimum, maximum):
    text = add_fields(CODEBOOK, "minimum", {column: minimum})
    return {"codebook": add_fields(text, "maximum", {column: maximum})}
