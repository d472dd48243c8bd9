"""Check tables, shipped or your own, and say what they cover.

    python -m workflow.lib.tables [--folder data] [--missions FILE] [--participation FILE] [--states FILE]
                                  [--codebook FILE] [--distances FILE] [--excluded FILE] [--coverage FILE]

Reads the tables, prints one line a fault and exits with status 1, or prints one line a warning and what the tables hold: rows,
and for each column of the table of states the years observed and the share of state-years in them. `--coverage` writes that by
column and year to a CSV file. Without a file, a table is taken from the folder (distances and excluded
states: if they are there).
"""

import argparse
import sys
from pathlib import Path

from workflow.lib.errors import UserError, as_command
from workflow.lib.tables.coverage import coverage_by_year
from workflow.lib.tables.load import OPTIONAL, REQUIRED, Tables, load_tables


def summary(tables: Tables) -> str:
    """What the tables hold, in lines for a terminal."""
    joined = tables.participation["joined"] == 1
    lines = [
        f"{len(tables.missions)} missions, {int(joined.sum())} participants, "
        f"{int((~joined).sum())} records of states that did not join",
        f"{len(tables.states)} rows of states and years, pivotal states "
        + ", ".join(map(str, sorted(set(tables.states["pivotal"])))),
    ]
    for pivotal in sorted(set(tables.states["pivotal"])):
        coverage = coverage_by_year(tables, pivotal)
        coverage["observed"] = coverage["share"] * coverage["states"]
        lines.append(f"pivotal state {pivotal}: column, years observed, share of state-years in them")
        for column, part in coverage.groupby("column", sort=False):
            seen = part[part["share"] > 0]
            if seen.empty:
                lines.append(f"  {column}: never observed")
                continue
            share = seen["observed"].sum() / seen["states"].sum()
            lines.append(f"  {column}: {seen['year'].min()}-{seen['year'].max()}, {share:.0%}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see the module's docstring. Returns its exit status: 1 for a fault."""
    parser = argparse.ArgumentParser(
        prog="python -m workflow.lib.tables", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("data"), help="folder of the tables (default: data)"
    )
    files = {
        **{name: f"{name}.csv" for name in (*REQUIRED, *OPTIONAL)},
        "excluded": "participation_excluded.csv",
    }
    for name, file in files.items():
        parser.add_argument(f"--{name}", help=f"table of {name} (default: {file} in the folder)")
    parser.add_argument("--coverage", type=Path, help="write coverage by column and year to this CSV file")
    options = parser.parse_args(arguments)
    paths = {}
    for name, file in files.items():
        default = options.folder / file
        there = name in REQUIRED or default.is_file()
        paths[name] = getattr(options, name) or (str(default) if there else None)
    try:
        tables = load_tables(paths)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    for line in tables.warnings:
        print(f"warning: {line}", file=sys.stderr)
    print(summary(tables))
    if options.coverage:
        coverage_by_year(tables).to_csv(
            options.coverage, index=False, float_format="%.4g", lineterminator="\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(as_command(main))
