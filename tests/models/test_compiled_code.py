"""Kernels called by address and graphs of a single level give what those called and compiled in the usual way give."""

import os
import subprocess
import sys

import numba
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from compositions import COMPOSITIONS
from example import example_data
from numba.core.codegen import JITCodeLibrary
from numba.core.errors import TypingError
from pytensor.compile.mode import NUMBA, get_mode
from pytensor.graph.traversal import ancestors

from models.build import build
from models.engine import kernels, meanwhile, operators, path_kernels
from models.engine.callees import callees_untranslated
from models.engine.calls import by_address, compiled_last, not_copied
from models.engine.linker import single_level
from models.engine.meanwhile import kernels_meanwhile, kernels_of
from models.priors import Priors

BASIS, COEFFICIENT = np.arange(6.0).reshape(3, 2), np.array([[1.0, -2.0], [0.5, 4.0]])


def called(function, *arguments):
    @numba.njit
    def caller(*values):
        return function(values)

    return caller(*arguments)


def test_a_kernel_called_by_address_fills_its_arrays_and_returns_its_value():
    values, usual = np.empty((3, 2)), np.empty((3, 2))
    assert called(by_address(path_kernels.path_values, (2, 2, 2), False), BASIS, COEFFICIENT, values) == 0
    path_kernels.path_values(BASIS, COEFFICIENT, usual)
    np.testing.assert_array_equal(values, usual)
    eta, sign, gradient = np.array([0.3, -2.0, 1.0]), np.array([1.0, -1.0, 0.0]), np.empty(3)
    value = called(by_address(kernels.bernoulli_logit, (1, 1, 1), True), eta, sign, gradient)
    assert value == kernels.bernoulli_logit(eta, sign, np.empty(3)) != 0


def test_a_kernel_called_by_address_keeps_the_arrays_it_is_given():
    function = by_address(path_kernels.path_values, (2, 2, 2), False)

    @numba.njit
    def many(basis, coefficient, number):
        total = 0.0
        for _ in range(number):
            values = np.empty((basis.shape[0], coefficient.shape[1]))
            function((basis.copy(), coefficient.copy(), values))
            total += values.sum()
        return total

    assert many(BASIS, COEFFICIENT, 2000) == pytest.approx(2000 * (BASIS @ COEFFICIENT).sum())


@pytest.mark.parametrize(
    "arguments",
    [
        (BASIS, COEFFICIENT[0], BASIS),
        (BASIS, COEFFICIENT, 1.0),
        (BASIS, COEFFICIENT.T, BASIS),
        (BASIS, COEFFICIENT.astype("float32"), BASIS),
        (BASIS, COEFFICIENT),
    ],
)
def test_a_kernel_called_by_address_refuses_other_arguments(arguments):
    with pytest.raises(TypingError, match="path_values takes"):
        called(by_address(path_kernels.path_values, (2, 2, 2), False), *arguments)


def test_a_graph_of_a_single_level_equals_the_usual_one_and_the_mode_is_as_before():
    x = pt.dvector()
    outputs = [pt.exp(x).sum(), pt.log1p(x**2)]
    with single_level():
        function = pytensor.function([x], outputs, mode="NUMBA").vm.jit_fn
    value, vector = called(numba.njit(lambda values: function(*values)), BASIS[1])
    usual = pytensor.function([x], outputs, mode="NUMBA")(BASIS[1])
    assert value == usual[0]
    np.testing.assert_array_equal(vector, usual[1])
    assert get_mode("NUMBA") is NUMBA
    with pytest.raises(RuntimeError), single_level():
        raise RuntimeError
    assert get_mode("NUMBA") is NUMBA


def small_functions():
    @numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
    def halves(values, number):
        if number < 0:
            raise ValueError("negative:", number)
        return values / 2 + number

    @numba.njit
    def caller(values, number):
        return np.sort(halves(values, number)).sum()

    return halves, caller


def is_translated(function):
    (compiled,) = function.overloads.values()
    return compiled.library._compiled


def test_what_compiled_code_alone_calls_is_not_translated_and_is_called_all_the_same():
    usual_halves, usual = small_functions()
    expected = usual(np.arange(4.0), 1.0)
    assert expected == 7
    assert is_translated(usual_halves)
    halves, caller = small_functions()
    with callees_untranslated():
        caller.compile((numba.float64[::1], numba.float64))
    assert not is_translated(halves)
    assert is_translated(caller)
    assert caller(np.arange(4.0), 1.0) == expected
    with pytest.raises(ValueError, match="negative"):
        caller(np.arange(4.0), -1.0)
    # other callers, compiled later in the usual way, copy it too
    again = numba.njit(lambda values: halves(values, 2.0).sum())
    assert again(np.arange(4.0)) == 11


def test_what_was_kept_untranslated_is_taken_up_with_and_without_translation(tmp_path):
    program = tmp_path / "kept.py"
    program.write_text(
        "import sys\n"
        "import numba, numpy as np\n"
        "from contextlib import nullcontext\n"
        "from models.engine.callees import callees_untranslated\n"
        "@numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, cache=True)\n"
        "def halves(values):\n"
        "    return values / 2\n"
        "@numba.njit(cache=sys.argv[2] == 'kept')\n"
        "def caller(values):\n"
        "    return halves(values).sum()\n"
        "with callees_untranslated() if sys.argv[1] == 'untranslated' else nullcontext():\n"
        "    caller.compile((numba.float64[::1],))\n"
        "hits = sum(halves.stats.cache_hits.values()) + sum(caller.stats.cache_hits.values())\n"
        "print(caller(np.arange(4.0)), hits)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(meanwhile.ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}

    def printed(*arguments):
        command = [sys.executable, program, *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout.split()

    assert printed("untranslated", "kept") == ["3.0", "0"]
    for arguments in [
        ("untranslated", "anew"),
        ("usual", "anew"),
        ("untranslated", "kept"),
        ("usual", "kept"),
    ]:
        assert printed(*arguments) == ["3.0", "1"]


def test_numba_is_as_before_when_a_compilation_fails():
    before = JITCodeLibrary.get_pointer_to_function
    with pytest.raises(KeyboardInterrupt), callees_untranslated():
        assert JITCodeLibrary.get_pointer_to_function is not before
        raise KeyboardInterrupt
    assert JITCodeLibrary.get_pointer_to_function is before


def test_code_that_was_compiled_before_its_kernel_calls_it():
    @numba.njit
    def tripled(values, result):
        for i in range(values.shape[0]):
            result[i] = 3 * values[i]
        return 7.0

    result = np.empty(3)
    with compiled_last():
        function = by_address(tripled, (1, 1), True)
        caller = numba.njit(lambda values, result: function((values, result)))
        caller.compile((numba.float64[::1], numba.float64[::1]))
        assert not tripled.signatures
    assert caller(np.arange(3.0), result) == 7
    np.testing.assert_array_equal(result, [0, 3, 6])


def test_what_stopped_before_its_kernels_were_compiled_can_be_begun_again():
    @numba.njit
    def doubled(values):
        return 2 * values[0]

    with pytest.raises(KeyboardInterrupt), compiled_last():
        by_address(doubled, (1,), True)
        raise KeyboardInterrupt
    assert not doubled.signatures
    assert called(by_address(doubled, (1,), True), np.array([4.0])) == 8


def test_a_function_that_is_not_copied_returns_and_fails_as_it_does():
    @numba.njit
    def halves(values, number):
        if number < 0:
            raise ValueError("a negative number")
        return values / 2, values.sum() + number

    function = not_copied(halves)
    caller = numba.njit(lambda values, number: function(values, number))
    for _ in range(100):
        half, total = caller(np.arange(4.0), 1.0)
        np.testing.assert_array_equal(half, np.arange(4.0) / 2)
        assert total == 7
    with pytest.raises(ValueError, match="a negative number"):
        caller(np.arange(4.0), -1.0)


@pytest.mark.parametrize("name", ["crossed", "persons", "cooperators"])
def test_the_kernels_of_a_model_are_those_of_its_density_and_gradient(name):
    model = build(COMPOSITIONS[name], example_data(), Priors(), "fused")
    found = {type(op) for op in kernels_of([*model.potentials, *model.deterministics])}
    values = model.value_vars
    graph = [model.logp(), *pytensor.grad(model.logp(), values)]
    owners = [variable.owner.op for variable in ancestors(graph) if variable.owner]
    assert found == {type(op) for op in owners if isinstance(op, operators.Kernel)}


@pytest.mark.parametrize("program", ["/bin/false", None])
def test_kernels_can_be_called_though_the_process_beside_does_nothing(monkeypatch, program):
    basis, coefficient = pt.dmatrix(), pt.dmatrix()
    values = operators.PathValues()(basis, coefficient)
    monkeypatch.setattr(meanwhile, "is_kept", lambda *kernel: program is None)
    if program is not None:
        monkeypatch.setattr(meanwhile.sys, "executable", program)
    with kernels_meanwhile([values]), single_level():
        function = pytensor.function([basis, coefficient], [values], mode="NUMBA").vm.jit_fn
    found = called(numba.njit(lambda values: function(*values)), BASIS, COEFFICIENT)
    np.testing.assert_allclose(found[0], BASIS @ COEFFICIENT)
