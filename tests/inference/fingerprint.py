"""Print a hash of what a small model draws in a process of its own: `python fingerprint.py truth`."""

import hashlib
import sys

from small_world import JOINED_BY_QUALITY, PRIORS, simulated

from models.composition import Composition
from workflow.lib.inference.sampling import SamplerSettings, compile_model

COMPOSITIONS = {
    "truth": JOINED_BY_QUALITY,
    "joint": Composition(
        "joint",
        blocks=("ties", "quality", "cooperativeness", "outcome"),
        mission_slopes=("ties", "quality"),
        state_effects=True,
    ),
}


def fingerprint(name: str) -> str:
    """Hash of all draws of one short fit, parameters and derived quantities."""
    composition = COMPOSITIONS[name]
    settings = SamplerSettings(chains=2, tune=60, draws=40, cores=2)
    compiled = compile_model(composition, simulated(composition)[0], PRIORS, settings)
    posterior = compiled.sample(5)["posterior"].to_dataset()
    whole = hashlib.sha256()
    for variable in sorted(posterior.data_vars):
        whole.update(posterior[variable].values.tobytes())
    return whole.hexdigest()


if __name__ == "__main__":
    print(fingerprint(sys.argv[1]))
