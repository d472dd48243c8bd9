"""Print a hash of what a small model draws in a process of its own: `python tests/inference/fingerprint.py`."""

import hashlib

from tests.inference.small_world import CROSSED, PRIORS, simulated
from workflow.lib.inference.sampling import SamplerSettings, compile_outcome

SHORT = SamplerSettings(chains=2, tune=60, draws=40)


def fingerprint(tree) -> str:
    """Hash of all draws of one fit, parameters and derived quantities."""
    posterior, whole = tree["posterior"].to_dataset(), hashlib.sha256()
    for variable in sorted(posterior.data_vars):
        whole.update(posterior[variable].values.tobytes())
    return whole.hexdigest()


if __name__ == "__main__":
    print(fingerprint(compile_outcome(CROSSED, simulated(), PRIORS, SHORT).sample(5)))
