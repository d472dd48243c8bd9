"""Kernels are compiled by a process of their own while a model's graph is made into code.

That takes as long as all kernels do, and Numba compiles one thing at a time in a process.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytensor.graph.traversal import ancestors

from models.engine import operators
from models.engine.calls import compiled, compiled_last, is_kept
from models.engine.operators import Kernel

ROOT = Path(__file__).parents[2]


def kernels_of(variables: Iterable) -> list[Kernel]:
    """Operators of the kernels in the graph of some variables and in that of its gradient, one of each class."""
    found = {}
    for variable in ancestors(variables):
        op = variable.owner.op if variable.owner else None
        if isinstance(op, Kernel):
            for each in (op, op.reverse()):
                if each is not None:
                    found.setdefault(type(each).__name__, each)
    return list(found.values())


@contextmanager
def kernels_meanwhile(variables: Iterable) -> Iterator[None]:
    """Within this context the kernels of a graph are compiled by another process; at its end they can be called.

    It takes compiled code to be kept. Kernels that are kept already are left alone.
    """
    missing = [type(op).__name__ for op in kernels_of(variables) if not is_kept(*op.call()[:2])]
    other = None
    if missing:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-m", "models.engine.meanwhile", *missing]
        other = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path})
    try:
        with compiled_last():
            yield
            if other is not None:
                other.wait()
    finally:
        if other is not None:
            other.kill()
            other.wait()


def main(names: list[str]) -> None:
    """Compile kernels, by the names of their operators, to be kept."""
    for name in names:
        compiled(*getattr(operators, name)().call())


if __name__ == "__main__":
    main(sys.argv[1:])
