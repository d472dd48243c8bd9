"""What readers see: figures, tables, numbers.json, the paper and the report, made from the files of a run."""
