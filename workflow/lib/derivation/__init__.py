"""From the source extracts to the replication tables in `data/`.

`python -m workflow.lib.derivation --sources DIR` writes them all; `--check` compares. One module a subject: `system`
(who is a state), `sources` (the files), `grid` (windows), `ties`, `relations`, `contact`, `controls`, `states` (the
table of state-years), `codebook`, `distances`; `missions`, `evidence`, `participation`, `succession` (who joined what).
The build itself never runs this: it starts from the tables that ship.
"""
