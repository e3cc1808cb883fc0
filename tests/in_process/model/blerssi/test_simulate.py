"""The simulator's command: its files, what it says, and what it refuses."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from model.blerssi import data, floor_plan, simulate, simulate_compare
from model.blerssi.floor_plan import LIBRARY

REAL = Path(__file__).parents[5] / "shared" / "data" / "ble-rssi" / "labeled.csv"
METHODS = ("prior", "1-NN", "15-NN", "path loss", "radio map")


def run(*words: str | Path) -> None:
    assert simulate.main([str(word) for word in words]) == 0


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    capsys.readouterr()
    assert simulate.main([str(word) for word in words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def misused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    with pytest.raises(SystemExit, match="2"):
        simulate.main([str(word) for word in words])
    return capsys.readouterr().err


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["a", "b"])
def test_the_truth_has_a_line_for_every_scan(tmp_path: Path, name: str) -> None:
    options = {"output": "a.csv", "validation": "b.csv", "truth": "a", "validation-truth": "b"}
    files = [word for key, file in options.items() for word in (f"--{key}", tmp_path / file)]
    run(*files, "--worlds", "2")
    scans, told = data.read(tmp_path / f"{name}.csv"), rows(tmp_path / name)
    assert [row["location"] for row in told] == [LIBRARY.cells[cell] for cell in scans.cells]
    places = np.array([[float(row["column"]), float(row["row"])] for row in told])
    assert np.abs(places - np.asarray(LIBRARY.coordinates)[scans.cells]).max() <= 0.5001
    assert {row["world"] for row in told} == {"0", "1"}


def test_a_floor_of_ones_own_comes_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, scans = tmp_path / "plan.csv", tmp_path / "scans.csv"
    run("--size", "7x5", "--beacons", "15", "--write-plan", plan)
    run("--plan", plan, "--output", scans)
    assert "train and serve know the library's floor only" in capsys.readouterr().err
    found = rows(scans)
    assert list(found[0])[:3] == ["location", "date", "b3001"]
    assert list(found[0])[-1] == "b3015"
    assert {row["location"] for row in found} == set(floor_plan.read(plan).cells)


def test_walks_are_written_as_other_scans_are(tmp_path: Path) -> None:
    run("--walks", "3", "--output", tmp_path / "a.csv", "--validation", tmp_path / "b.csv")
    days = [
        np.unique(data.read(tmp_path / name).times.astype("datetime64[D]"))
        for name in ("a.csv", "b.csv")
    ]
    assert [len(each) for each in days] == [3, 1]


def test_statistics_are_said_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--output", tmp_path / "a.csv", "--visits-per-cell", "1", "--json")
    (found,) = json.loads(capsys.readouterr().out).values()
    assert found["scans"] == len(data.read(tmp_path / "a.csv"))
    assert found["visits"] == 105
    assert found["spread between visits"] is None
    assert 0.5 < found["heard 1"] < 0.9


def test_a_survey_is_set_beside_simulated_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate_compare, "WORLDS", 2)
    survey = tmp_path / "a.csv"
    run("--output", survey, "--seed", "5")
    capsys.readouterr()
    run("--compare", survey)
    table = capsys.readouterr().out.splitlines()
    assert table[0] == "| statistic | real | simulated | ± from survey to survey |"
    assert any(line.startswith("| mean error by radio map | ") for line in table)
    run("--compare", survey, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["scans"] == len(data.read(survey))
    assert found["copies_left_out"] == 0
    assert len(found["statistics"]) == len(table) - 2


@pytest.mark.skipif(not REAL.exists(), reason="the data set is not on this machine")
def test_simulated_surveys_are_like_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate_compare, "WORLDS", 8)
    compared = simulate_compare.compare(data.read(REAL), 0)
    assert compared.copies > 400
    found = {row.name: row for row in compared.rows}
    for simulated in (False, True):
        errors = [
            found[f"mean error by {name}"].simulated
            if simulated
            else found[f"mean error by {name}"].real
            for name in METHODS
        ]
        assert errors == sorted(errors, reverse=True)
    for name in METHODS:
        row = found[f"mean error by {name}"]
        assert row.simulated == pytest.approx(row.real, rel=0.15), name
    for count, margin in ((1, 0.06), (2, 0.05), (3, 0.03)):
        row = found[f"heard {count}"]
        assert row.simulated == pytest.approx(row.real, abs=margin)


def test_what_does_not_go_together_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("--output", tmp_path / "a.csv")
    assert "one of --output, --compare and --write-plan" in misused(capsys, "--seed", "1")
    assert "go with --output" in misused(capsys, "--compare", "x", "--truth", tmp_path / "t")
    assert "--beacons needs --size" in misused(capsys, *output, "--beacons", "3")
    assert "--walks are none" in misused(capsys, *output, "--walks", "1", "--visits-per-cell", "2")
    assert "not allowed with" in misused(capsys, *output, "--size", "2x2", "--plan", "x")
    needs = misused(capsys, "--compare", tmp_path / "x.csv", "--size", "2x2")
    assert "knows the library's floor only" in needs
    for size in ("2", "0x4", "2x3x4", "100x21", "axb"):
        assert "--size" in misused(capsys, *output, "--size", size)
    for number in ("0", "1001", "some"):
        for option in ("--worlds", "--walks", "--visits-per-cell"):
            assert option in misused(capsys, *output, option, number)
    assert "--seed" in misused(capsys, *output, "--seed", "-1")
    assert list(tmp_path.iterdir()) == []


def test_files_that_cannot_be_read_or_written_end_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "none.csv"
    assert "none.csv does not exist" in refused(capsys, "--compare", missing)
    plan = ("--plan", missing)
    assert "No such file" in refused(capsys, *plan, "--output", tmp_path / "a.csv")
    folder = tmp_path / "folder"
    folder.mkdir()
    assert f"{folder} cannot be written: " in refused(capsys, "--write-plan", folder)


def test_a_file_without_labels_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "unknown.csv"
    run("--output", path, "--visits-per-cell", "1")
    lines = [line.split(",", 1) for line in path.read_text().splitlines()]
    path.write_text("\n".join([",".join(lines[0]), *(f"?,{rest}" for _, rest in lines[1:])]))
    assert "no labelled scan that heard a beacon" in refused(capsys, "--compare", path)
