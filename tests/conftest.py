"""The tests compile as the jobs of a run do, whichever way they are started, but keep what they compiled for the next test."""

from pathlib import Path

from workflow.lib.environment import set_caches

set_caches(Path(__file__).parent.parent, keep_compiled=True)
