from pathlib import Path

import pytest

from model.blerssi import evaluate_arguments, methods


def test_all_methods_and_splits_are_the_default() -> None:
    chosen = evaluate_arguments.parse(["--data", "scans.csv"])
    assert chosen.data == Path("scans.csv")
    assert {*chosen.methods, *chosen.left_out} == set(methods.names())
    assert chosen.splits == ("g3", "g2", "gday", "gcell")
    assert (chosen.repeats, chosen.jobs, chosen.form) == (10, 1, "text")


def test_methods_are_named_as_words_and_keep_their_order() -> None:
    words = ["--data", "x", "--only", "OURS,radio-map,1-nn", "--splits", "gday,g3", "--json"]
    chosen = evaluate_arguments.parse([*words, "--set", "hidden=64,64", "--set", "epochs=3"])
    assert {*chosen.methods, *chosen.left_out} == {"1-NN", "radio map", "ours"}
    assert chosen.splits == ("g3", "gday")
    assert chosen.settings == {"hidden": "64,64", "epochs": "3"}
    assert chosen.form == "json"


def test_a_method_whose_library_is_missing_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda _: None)
    chosen = evaluate_arguments.parse(["--data", "x"])
    assert chosen.methods == ("prior", "1-NN", "15-NN", "path loss", "radio map")
    assert chosen.left_out["extra trees"] == "scikit-learn is not installed here"
    assert chosen.left_out["ours"] == "mxnet is not installed here"


def test_no_method_at_all_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="2"):
        evaluate_arguments.parse(["--data", "x", "--only", "ours"])
    assert "no method is left: mxnet is not installed here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "knn"], "'knn' is not known; expected some of prior, 1-nn"),
        (["--splits", "g3,random"], "'random' is not known; expected some of g3, g2"),
        (["--repeats", "0"], "'0' is not a number from 1 on"),
        (["--jobs", "x"], "'x' is not a number from 1 on"),
        (["--set", "epochs"], "'epochs' is not NAME=VALUE"),
        (["--json", "--markdown"], "not allowed with"),
    ],
)
def test_wrong_words_are_explained(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        evaluate_arguments.parse(["--data", "x", *words])
    assert said in capsys.readouterr().err
