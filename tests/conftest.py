"""The tests compile as the jobs of a run do, into the same folder, whichever way they are started."""

from pathlib import Path

from workflow.lib.environment import set_caches

set_caches(Path(__file__).parent.parent)
