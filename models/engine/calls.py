"""Kernels are called by address, so that each is compiled once.

Numba puts a copy of all that a function calls into the function's own library and translates it there again, at every level of
callers. Of a kernel that is known by its address alone, callers hold no more than the call.
"""

from functools import cache

import numba
import pytensor
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic
from pytensor.link.numba.cache import compile_numba_function_src


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


@cache
def _compiled(kernel, axes: tuple[int, ...], returns_value: bool):
    """The symbol of a kernel, and the compiled function behind it, which has to be kept as long as the symbol is."""
    symbol = f"coalition_ties_{kernel.__name__}_{''.join(map(str, axes))}"
    call = "kernel(*received(place, kind))"
    lines = [f"    return {call}"] if returns_value else [f"    {call}", "    return 0.0"]
    known = {
        "__name__": __name__,
        "kernel": kernel,
        "received": _received,
        "kind": types.Tuple([argument_type(number) for number in axes]),
    }
    entry = compile_numba_function_src(
        "\n".join(["def entry(place):", *lines]), "entry", known, cache_key=symbol
    )
    compiled = numba.cfunc(types.float64(types.voidptr), cache=pytensor.config.numba__cache)(entry)
    binding.add_symbol(symbol, compiled.address)
    return symbol, compiled


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
    symbol, _ = _compiled(kernel, axes, returns_value)

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
