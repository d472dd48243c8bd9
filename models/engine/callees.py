"""Functions that compiled code alone calls are neither optimised nor made into machine code of their own.

Numba does both to each function when it is compiled, though callers hold copies of what they call, optimised again with the
caller, and these are what runs. A model's graph has hundreds of such functions.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from weakref import WeakSet

from numba.core.codegen import JITCodeLibrary, JITCPUCodegen

# as Numba has them
_optimise = JITCodeLibrary._optimize_final_module
_translate = JITCodeLibrary._finalize_final_module
_address = JITCodeLibrary.get_pointer_to_function
_keep = JITCodeLibrary.serialize_using_object_code
_set_environment = JITCPUCodegen.set_env


def _defines(library: JITCodeLibrary, name: str) -> bool:
    """Whether a library holds the code of a function."""
    try:
        return not library.get_function(name).is_declaration
    except NameError:
        return False


def _has_place(codegen: JITCPUCodegen, environment: str) -> bool:
    """Whether machine code has a place for the environment of this name."""
    return codegen._engine.get_global_value_address(environment) != 0


@contextmanager
def callees_untranslated() -> Iterator[None]:
    """Within this context a function is optimised and translated to machine code only when its address is asked for.

    That is at once for what Python can call, for which Numba makes a wrapper; never for what compiled code alone calls. Of
    that the intermediate code is kept for later instead of the machine code.
    """
    raw: WeakSet[JITCodeLibrary] = WeakSet()
    untranslated: WeakSet[JITCodeLibrary] = WeakSet()
    environments = []

    def optimise(library):
        raw.add(library)

    def translate(library):
        if getattr(library, "_compiled_object", None):  # kept from when it was translated
            _translate(library)
            return
        library._finalize_dynamic_globals()
        library._verify_declare_only_symbols()
        library._finalized = True
        untranslated.add(library)

    def address(library, name):
        library._ensure_finalized()
        if library in untranslated:
            if not _defines(library, name):
                return 0
            untranslated.remove(library)
            if library in raw:
                raw.remove(library)
                _optimise(library)
            _translate(library)
        return _address(library, name)

    def keep(library):
        library._ensure_finalized()
        return library.serialize_using_bitcode() if library in untranslated else _keep(library)

    def set_environment(codegen, name, environment):
        if _has_place(codegen, name):
            _set_environment(codegen, name, environment)
        else:
            environments.append((codegen, name, environment))

    with (
        patch.object(JITCodeLibrary, "_optimize_final_module", optimise),
        patch.object(JITCodeLibrary, "_finalize_final_module", translate),
        patch.object(JITCodeLibrary, "get_pointer_to_function", address),
        patch.object(JITCodeLibrary, "serialize_using_object_code", keep),
        patch.object(JITCPUCodegen, "set_env", set_environment),
    ):
        yield
    for codegen, name, environment in environments:
        # the place is in the copy of the function that its caller holds
        if _has_place(codegen, name):
            _set_environment(codegen, name, environment)
