"""MXNet's variables: ours unless somebody chose others."""

from model import runtime


def test_what_is_set_is_obeyed() -> None:
    variables = {"OMP_NUM_THREADS": "4", "OTHER": "x"}
    runtime.prepare(variables)
    assert variables == {**runtime.VARIABLES, "OMP_NUM_THREADS": "4", "OTHER": "x"}
