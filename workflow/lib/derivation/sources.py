"""Read the source extracts and the project's own coding; the only module that knows the names of the sources' files.

Reads CSV and parquet files from the sources' folder; writes nothing. A folder or file that is absent is one line
for the person who runs it (`UserError`), which names the option and the environment variable.
"""

import os
from pathlib import Path

import pandas as pd

from workflow.lib.environment import SOURCES_VARIABLE as VARIABLE
from workflow.lib.errors import UserError

CODING = Path(__file__).parent / "coding"
WHOLE = ("ccode", "ccode1", "ccode2", "year")


def read_texts(path: Path) -> pd.DataFrame:
    """A compiled or coded table as texts; an empty field is an empty text."""
    return pd.read_csv(path, keep_default_na=False, dtype=str)


# Name of an extract in the code -> its file, encoding, and what it holds where the name does not say it.
EXTRACTS = read_texts(CODING / "extracts.csv").set_index("extract")


def sources_folder(option: str | None) -> Path:
    """The sources' folder: the option first, then the environment variable; `UserError` if there is none."""
    folder_name = option or os.environ.get(VARIABLE)
    if not folder_name:
        raise UserError(
            f"derivation: no folder of sources given; pass --sources DIR or set {VARIABLE} to the folder that "
            "holds the source extracts (cow_states.csv and others)"
        )
    folder = Path(folder_name)
    if not folder.is_dir():
        raise UserError(
            f"derivation: the sources' folder {folder_name} does not exist; pass --sources DIR or set {VARIABLE}"
        )
    return folder


class Sources:
    """The source extracts, each an attribute by its name in `EXTRACTS`, read once, when first asked for.

    Parameters
    ----------
    folder : Path
        The folder with the extracts, or the one that holds it as `sources/`.
    """

    def __init__(self, folder: Path):
        inner = Path(folder) / "sources"
        self.folder = inner if inner.is_dir() else Path(folder)

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in EXTRACTS.index:
            raise AttributeError(name)
        table = self.read(*EXTRACTS.loc[name, ["file", "encoding"]])
        setattr(self, name, table)
        return table

    def read(self, name: str, encoding: str = "") -> pd.DataFrame:
        """Read one file, codes and years as whole numbers where none is missing; `UserError` if it is absent."""
        path = self.folder / name
        if not path.is_file():
            raise UserError(
                f"derivation: {name} is not in the sources' folder {self.folder}; expected the full set"
            )
        if name.endswith(".parquet"):
            table = pd.read_parquet(path)
        else:
            # An empty field is missing; the text "NA" is Namibia's code in some sources and stays text.
            options = {"keep_default_na": False, "na_values": [""], "low_memory": False}
            table = pd.read_csv(path, encoding=encoding or None, **options)
        return table.astype({key: int for key in WHOLE if key in table and table[key].notna().all()})

    def path_of_compiled(self, name: str) -> Path:
        """A compiled table beside (or in) the folder of extracts; `UserError` if it is in neither place."""
        for candidate in (self.folder.parent / name, self.folder / name):
            if candidate.is_file():
                return candidate
        raise UserError(
            f"derivation: {name} is neither in {self.folder} nor in the folder above it; put it there"
        )


def coded_by_state(name: str) -> dict[tuple[str, int], dict[str, str]]:
    """Rows of one of the project's coding tables by mission and state."""
    rows = read_texts(CODING / name).to_dict("records")
    return {(row["mission"], int(row["state"])): row for row in rows}
