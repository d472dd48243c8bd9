"""A linker that compiles a whole graph once.

PyTensor's own keeps a graph's compiled code with a second function around the graph's, and Numba then translates all that the
graph calls twice. The second function is there for what cannot be kept by itself; the function of a graph can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from pytensor.compile.mode import NUMBA, Mode, predefined_modes
from pytensor.link.numba import NumbaLinker
from pytensor.link.numba.cache import CACHED_SRC_FUNCTIONS
from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key, numba_njit

from models.engine.calls import not_copied


class SingleLevelLinker(NumbaLinker):
    """Links a graph to one Numba function, for callers that are compiled themselves: Python cannot call it."""

    def fgraph_convert(self, fgraph, **kwargs):
        """The graph as a Numba function, and the key under which its compiled code is kept (None if it cannot be)."""
        function, key = numba_funcify_and_cache_key(fgraph, **kwargs)
        if key is not None:
            CACHED_SRC_FUNCTIONS[function.py_func] = f"{key}_single_level"
        return function, key

    def jit_compile(self, function_and_key):
        """The Numba function that is compiled, or taken from what was kept, when its first caller is."""
        function, key = function_and_key
        # with a wrapper for Python it is kept as machine code, unlike what it calls (`callees_untranslated`)
        return not_copied(numba_njit(function.py_func, cache=key is not None, no_cpython_wrapper=False))


@contextmanager
def single_level() -> Iterator[None]:
    """Within this context the mode ``NUMBA`` links graphs by ``SingleLevelLinker``."""
    mode = Mode(SingleLevelLinker(), NUMBA.provided_optimizer)
    with patch.dict(predefined_modes, {"NUMBA": mode}):
        yield
