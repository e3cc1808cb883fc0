import json
from pathlib import Path

import pytest

from model.blerssi import data, evaluate, methods
from model.blerssi.methods import Answered, Task
from model.blerssi.simulate import simulate

LIGHT = ("--only", "prior,15-nn,radio-map", "--repeats", "2")


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("survey") / "survey.csv"
    data.write(path, simulate(0))
    return path


def test_all_methods_answer_the_same_scans_and_the_map_is_nearest(
    survey: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(["--data", str(survey), *LIGHT, "--splits", "g3", "--json"], {}) == 0
    found = json.loads(capsys.readouterr().out)
    single = found["splits"]["g3"]["one scan"]
    assert len({each["scans"] for each in single.values()}) == 1
    prior, neighbours, radio = (
        single[name]["figures"]["nll"]["value"] for name in ("prior", "15-NN", "radio map")
    )
    assert radio < neighbours < prior or radio < prior < neighbours
    together = found["splits"]["g3"]["5 standing scans"]["radio map"]["figures"]
    mean = "posterior_median_mean"
    assert together[mean]["value"] < single["radio map"]["figures"][mean]["value"]


def test_days_are_judged_as_walks_too(survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--data", str(survey), "--only", "1-nn", "--splits", "gday,gcell", "--json"]
    assert evaluate.main([*words, "--repeats", "1"], {}) == 0
    found = json.loads(capsys.readouterr().out)
    assert {family: set(ways) for family, ways in found["splits"].items()} == {
        "gday": {"one scan", "the day as a walk"},
        "gcell": {"one scan"},
    }
    ways = found["splits"]["gday"].values()
    assert {way["1-NN"]["scans"] for way in ways} == {found["data"]["genuine"]}


@pytest.mark.parametrize(("flag", "mark"), [((), "\n\ng2, new"), (("--markdown",), "\n\n### g2")])
def test_the_tables_name_what_was_judged(
    survey: Path,
    flag: tuple[str, ...],
    mark: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(methods, "find_spec", lambda _: None)
    words = ["--data", str(survey), "--only", "prior,ours", "--repeats", "1", "--splits", "g2"]
    assert evaluate.main([*words, *flag], {}) == 0
    written = capsys.readouterr()
    assert mark in written.out
    assert "genuine ones in" in written.out
    assert "ours is left out: mxnet is not installed here." in written.out
    assert not written.err


def test_ours_is_what_others_are_compared_with(
    survey: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = methods.answer
    monkeypatch.setattr(methods, "find_spec", lambda _: object())

    def pretended(task: Task) -> Answered:
        assert task.settings == {"epochs": "1"}
        return real(Task("radio map", task.training, task.judged, 0, {}, {}))

    monkeypatch.setattr(methods, "answer", pretended)
    words = ["--data", str(survey), "--only", "ours,extra-trees", "--set", "epochs=1"]
    assert evaluate.main([*words, "--repeats", "2", "--splits", "g3", "--json"], {}) == 0
    found = json.loads(capsys.readouterr().out)["splits"]["g3"]["one scan"]
    assert found["extra trees"]["minus_ours"]["nll"] == {"value": 0.0, "standard_error": 0.0}
    assert found["ours"]["minus_ours"] == {}


def test_a_survey_without_repeated_visits_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write(tmp_path / "once.csv", simulate(0, visits_per_cell=1))
    assert evaluate.main(["--data", str(tmp_path / "once.csv"), *LIGHT], {}) == 1
    said = capsys.readouterr()
    assert "nothing to hold out for the splits g3" in said.err
    assert not said.out


def test_an_interrupted_run_says_so(
    survey: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(task: Task) -> Answered:
        raise KeyboardInterrupt

    monkeypatch.setattr(methods, "answer", interrupted)
    assert evaluate.main(["--data", str(survey), *LIGHT], {}) == 130
    assert "Interrupted" in capsys.readouterr().err
