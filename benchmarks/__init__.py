"""Measurements of speed, with compiled code made as the jobs of a run make it."""

from pathlib import Path

from workflow.lib.environment import set_caches

set_caches(Path(__file__).parents[1])
