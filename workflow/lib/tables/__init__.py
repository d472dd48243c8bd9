"""The replication tables: read and validate them, prepare the analysis dataset, report what they cover.

from workflow.lib.tables import load_tables, prepare

tables = load_tables({"missions": "data/missions.csv", ...})
dataset = prepare(tables, {"pivotal": 2})
"""

from workflow.lib.tables.load import Tables, load_tables
from workflow.lib.tables.prepare import prepare

__all__ = ["Tables", "load_tables", "prepare"]
