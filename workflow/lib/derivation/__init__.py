"""From the source extracts to the replication tables in `data/`.

`python -m workflow.lib.derivation --sources DIR` writes them all; `--check` compares. One module a subject: `system`
(who is a state), `sources` (the files), `grid` (windows), `population`; ties in `ties`, `bilateral`, `continuation`; the
relationship in `relations`, which brings `trade`, `aid`, `security` and `pacts` together; `contact`, `controls`, `states` (the
table of state-years), `codebook` with `columns.csv` (what each column is), `distances`; `missions`, `evidence`,
`participation`, `succession` (who joined what). The build itself never runs this: it starts from the tables that ship.
"""
