"""The likelihood of recorded participation: as it stands, or with records that may be wrong."""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.blocks.base import Arrays, Parameter
from models.kernels.operator import log_likelihood

CLASSES = ("uncertain", "probable", "verified")
DOUBTFUL = CLASSES[:2]
CERTAINTY_VALUE = {"verified": 1.0, "probable": 0.75, "uncertain": 0.5}


class Labels:
    """y_mi ~ Bernoulli(logit^-1 eta_mi), or recorded with errors.

    With errors, a participant is recorded with probability ``sensitivity``, in one of three classes of certainty; a
    non-participant is recorded as uncertain, or as probable, with probability ``false_record`` each; verified records are
    true. The shares of the classes among true records are those of the data's records, a verified one less often false.
    """

    def used(self, composition):
        return True

    def arrays(self, composition, data, values):
        joined = data.joined.transpose("mission", "state").values
        arrays = {"sign": np.where(np.isfinite(joined), 2 * np.nan_to_num(joined) - 1, 0.0)}
        if composition.label_errors:
            arrays["record"] = record_classes(data)
            number = np.array([(arrays["record"] == k).sum() for k in range(1, 4)], float)
            arrays["class_share"] = (number + 1) / (number + 1).sum()
        return Arrays(arrays, {"doubtful_class": list(DOUBTFUL)} if composition.label_errors else {})

    def parameters(self, composition):
        if not composition.label_errors:
            return []
        return [
            Parameter("sensitivity", "share of participants that are recorded", (), "sensitivity"),
            Parameter(
                "false_record", "share of non-participants recorded as", ("doubtful_class",), "false_record"
            ),
        ]

    def add(self, composition, x, variables):
        if not composition.label_errors:
            return {}
        return {
            "sensitivity": variables.variable("sensitivity"),
            "false_record": variables.variable("false_record", dims="doubtful_class"),
        }

    def logit(self, composition, p, x):
        return 0.0

    def observe(self, composition, p, x, eta) -> None:
        """Add the likelihood to the PyMC model in context."""
        if not composition.label_errors:
            pm.Potential("outcome", log_likelihood(eta, x["sign"]))
            return
        joined, record = pt.sigmoid(eta), x["record"]
        chances = [joined * (1 - p["sensitivity"]) + (1 - joined) * (1 - pt.sum(p["false_record"]))]
        for k in range(len(CLASSES)):
            false = (1 - joined) * p["false_record"][k] if k < len(DOUBTFUL) else 0.0
            chances.append(joined * p["sensitivity"] * x["class_share"][k] + false)
        likelihood = chances[-1]
        for k in range(len(CLASSES)):
            likelihood = pt.switch(pt.eq(record, k), chances[k], likelihood)
        pm.Potential("outcome", pt.sum(pt.switch(record < 0, 0.0, pt.log(likelihood))))


def record_classes(data) -> np.ndarray:
    """Class of each record (M, S): 0 not recorded, 1 uncertain, 2 probable, 3 verified; -1 where not scored."""
    joined = data.joined.transpose("mission", "state").values
    certainty = data.certainty.transpose("mission", "state").values
    record = np.zeros(joined.shape)
    for k, name in enumerate(CLASSES, start=1):
        record[(joined == 1) & np.isclose(certainty, CERTAINTY_VALUE[name])] = k
    return np.where(np.isfinite(joined), record, -1.0)
