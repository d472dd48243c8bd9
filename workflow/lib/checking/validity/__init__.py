"""Is the measure valid? Known facts, a plain index beside it, its constructs, its indicators, its stability in time.

Pure functions from paths and panels to the tables of `workflow.lib.checking.table`; no files. What needs refits takes the
posterior mode, which is within hundredths of the posterior mean here.
"""
