"""Progress lines of a fit: chain, draws, divergences, time left."""

import time
from collections.abc import Callable

Log = Callable[[str], None]


def progress_lines(label: str, log: Log, seconds: float = 5.0) -> Callable:
    """Callback for the sampler that logs at most one line every ``seconds``, and one when all chains are done."""
    started = time.monotonic()
    state = {"next": started + seconds, "done": False}

    def report(chains) -> None:
        now = time.monotonic()
        done = all(c.finished_draws >= c.total_draws for c in chains)
        if state["done"] or (now < state["next"] and not done):
            return
        state["next"], state["done"] = now + seconds, done
        finished = sum(c.finished_draws for c in chains)
        total = sum(c.total_draws for c in chains)
        left = (now - started) * (total - finished) / max(finished, 1)
        by_chain = " ".join(f"{i}:{c.finished_draws}/{c.total_draws}" for i, c in enumerate(chains, 1))
        divergences = sum(c.divergences for c in chains)
        log(f"{label}: chains {by_chain}, divergences {divergences}, {left:.0f} s left")

    return report
