"""Kernels are called by address, so that each is compiled once.

Numba puts a copy of all that a function calls into the function's own library and translates it there again, at every level of
callers. Of a kernel that is known by its address alone, callers hold no more than the call.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numba
import pytensor
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.core.imputils import impl_ret_new_ref
from numba.extending import intrinsic
from pytensor.link.numba.cache import NUMBA_CACHE_PATH, compile_numba_function_src


def argument_type(axes: int) -> types.Type:
    """What a kernel takes: an array of so many axes, row by row, or a number."""
    return types.Array(types.float64, axes, "C") if axes else types.float64


@intrinsic
def _received(typing_context, place, kind):
    """Arguments that lie at a place in memory, of the type that is given."""
    received = kind.instance_type

    def generate(context, builder, signature, values):
        pointer = builder.bitcast(values[0], context.get_value_type(received).as_pointer())
        arguments = builder.load(pointer)
        context.nrt.incref(builder, received, arguments)
        return arguments

    return received(place, kind), generate


def _symbol(kernel, axes: tuple[int, ...]) -> str:
    """Name by which compiled code knows a kernel that takes arrays of so many axes."""
    return f"coalition_ties_{kernel.__name__}_{''.join(map(str, axes))}"


@cache
def compiled(kernel, axes: tuple[int, ...], returns_value: bool):
    """A kernel as a compiled function of the place of its arguments, or what was kept of it. See ``by_address``."""
    call = "kernel(*received(place, kind))"
    lines = [f"    return {call}"] if returns_value else [f"    {call}", "    return 0.0"]
    known = {
        "__name__": __name__,
        "kernel": kernel,
        "received": _received,
        "kind": types.Tuple([argument_type(number) for number in axes]),
    }
    source = "\n".join(["def entry(place):", *lines])
    entry = compile_numba_function_src(source, "entry", known, cache_key=_symbol(kernel, axes))
    return numba.cfunc(types.float64(types.voidptr), cache=pytensor.config.numba__cache)(entry)


def is_kept(kernel, axes: tuple[int, ...]) -> bool:
    """Whether the compiled kernel is kept from earlier."""
    return any(NUMBA_CACHE_PATH.glob(f"*-{_symbol(kernel, axes)}.*.nbi"))


class _Place:
    """Where a kernel's address will stand, and a function that calls what stands there."""

    def __init__(self, symbol: str):
        self.address = ctypes.c_void_p()
        call = ir.FunctionType(ir.DoubleType(), [cgutils.voidptr_t])
        module = ir.Module(symbol)
        function = ir.Function(module, call, f"{symbol}_indirect")
        builder = ir.IRBuilder(function.append_basic_block())
        place = ir.Constant(ir.IntType(64), ctypes.addressof(self.address))
        place = builder.inttoptr(place, call.as_pointer().as_pointer())
        builder.ret(builder.call(builder.load(place), function.args))
        machine = binding.Target.from_default_triple().create_target_machine()
        # kept, since the function's code goes with it
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(str(module)), machine)
        self._engine.finalize_object()
        self.function = self._engine.get_function_address(function.name)


_provided: set[str] = set()
_places: list[_Place] = []
_pending: list[tuple] | None = None


@contextmanager
def compiled_last() -> Iterator[None]:
    """Within this context kernels are not compiled when code that calls them is, but all of them at its end.

    Until then such code may be compiled and not be called. Another process may meanwhile compile them and keep them.
    """
    global _pending
    _pending = []
    try:
        yield
        for place, kernel in _pending:
            place.address.value = compiled(*kernel).address
    except BaseException:
        _provided.difference_update(_symbol(*kernel[:2]) for _, kernel in _pending)
        raise
    finally:
        _pending = None


def _provide(kernel, axes: tuple[int, ...], returns_value: bool) -> str:
    """See that compiled code finds a kernel under its symbol, which is returned."""
    symbol = _symbol(kernel, axes)
    if symbol not in _provided:
        if _pending is None:
            binding.add_symbol(symbol, compiled(kernel, axes, returns_value).address)
        else:
            place = _Place(symbol)
            _places.append(place)
            _pending.append((place, (kernel, axes, returns_value)))
            binding.add_symbol(symbol, place.function)
        _provided.add(symbol)
    return symbol


def by_address(kernel, axes: tuple[int, ...], returns_value: bool):
    """A function for compiled code that calls a kernel with a tuple of arguments and returns its value.

    Parameters
    ----------
    kernel : numba function
    axes : tuple of int
        Number of axes of each argument's array; 0 is a number. Arrays lie row by row and hold double precision.
    returns_value : bool
        Whether the kernel returns a number; if not, the function returns zero.

    Returns
    -------
    numba intrinsic
        It raises a typing error where it is compiled with other arguments.
    """
    symbol = _provide(kernel, axes, returns_value)

    @intrinsic
    def call(typing_context, arguments):
        found = [(x.dtype, x.ndim, x.layout) if isinstance(x, types.Array) else x for x in arguments]
        expected = [(types.float64, number, "C") if number else types.float64 for number in axes]
        if found != expected:
            raise TypingError(f"{kernel.__name__} takes {expected}, not {found}")

        def generate(context, builder, signature, values):
            place = cgutils.alloca_once_value(builder, values[0])
            function_type = ir.FunctionType(ir.DoubleType(), [cgutils.voidptr_t])
            function = cgutils.get_or_insert_function(builder.module, function_type, symbol)
            return builder.call(function, [builder.bitcast(place, cgutils.voidptr_t)])

        return types.float64(arguments), generate

    return call


def not_copied(function):
    """A function for compiled code that calls a Numba function where it was compiled, instead of a copy of it.

    The caller's code holds a name that stands for the function within this process alone, so it must not be kept for another.
    The function has to be kept as long as the caller.
    """

    @intrinsic
    def call(typing_context, arguments):
        function.compile(tuple(arguments))
        found = function.overloads[tuple(arguments)]

        def generate(context, builder, signature, values):
            description = found.fndesc
            callee = context.declare_function(builder.module, description)
            status, result = context.call_conv.call_function(
                builder,
                callee,
                description.restype,
                description.argtypes,
                cgutils.unpack_tuple(builder, values[0]),
            )
            with builder.if_then(status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return impl_ret_new_ref(context, builder, description.restype, result)

        return found.signature.return_type(arguments), generate

    @numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    def caller(*arguments):
        return call(arguments)

    return caller
