import functools
import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from model.blerssi import commands, data, simulate, split
from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.download import download
from tests.support.site import serving


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.csv"
    assert simulate.main(["--output", str(path), "--seed", "3"]) == 0
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    capsys.readouterr()
    assert commands.main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    capsys.readouterr()
    assert commands.main([str(word) for word in words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_a_split_holds_every_scan_once(
    survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training, validation = tmp_path / "a" / "training.csv", tmp_path / "b" / "validation.csv"
    said = run(capsys, "split", survey, "--training", training, "--validation", validation)
    lines = [set(path.read_text().splitlines()[1:]) for path in (survey, training, validation)]
    assert lines[1] | lines[2] == lines[0]
    assert not lines[1] & lines[2]
    assert f"{validation}: {len(lines[2])} scans in " in said
    assert "in neither" not in said


def test_a_split_says_what_it_leaves_out(
    survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scans = data.read(survey)
    unknown = Scans(scans.readings[:7], np.full(7, -1, np.intp), scans.times[:7])
    data.write(survey, Scans.concatenate([scans, unknown]))
    outputs = ("--training", tmp_path / "a", "--validation", tmp_path / "b")
    assert "7 scans are in neither" in run(capsys, "split", survey, *outputs)


def test_fraction_and_seed_are_heeded(
    survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scans = data.read(survey)
    outputs = ("--training", tmp_path / "a", "--validation", tmp_path / "b")
    run(capsys, "split", survey, *outputs, "--fraction", "0.1", "--seed", "5")
    _, held = split.holdout(scans, 0.1, 5)
    assert (data.read(tmp_path / "b").readings == scans.readings[held]).all()


def test_a_survey_of_single_visits_cannot_be_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey, outputs = tmp_path / "s.csv", ("--training", tmp_path / "a", "--validation", "b")
    assert simulate.main(["--output", str(survey), "--visits-per-cell", "1"]) == 0
    message = refused(capsys, "split", survey, *outputs)
    assert "no cell with two genuine visits" in message
    assert [each.name for each in tmp_path.iterdir()] == ["s.csv"]


def test_a_description_counts_what_is_there(
    survey: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scans = data.read(survey)
    found = json.loads(run(capsys, "describe", "--json", survey))
    assert found["scans"] == found["labeled"] == len(scans)
    assert found["cells"] == 105
    assert found["visits"] == split.visits(scans).max() + 1
    assert found["copies"] == 0
    assert found["first"] == "2016-04-19T09:40:00"
    assert sum(found["scans_by_beacons_heard"].values()) == len(scans)
    assert found["scans_by_beacon"]["b3002"] == (scans.readings[:, 1] != NOT_HEARD).sum()
    text = run(capsys, "describe", survey)
    assert text.startswith(f"scans                   {len(scans):,}\n")
    assert "b3001: " in text


def test_scans_without_a_cell_are_described_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "unlabeled.csv"
    readings = np.full((2, 13), NOT_HEARD, np.float32)
    times = np.array(["2016-11-07T12:29:01", "2016-11-07T12:29:02"], "datetime64[s]")
    data.write(path, Scans(readings, np.full(2, -1, np.intp), times))
    found = json.loads(run(capsys, "describe", "--json", path))
    assert (found["scans"], found["labeled"], found["visits"]) == (2, 0, 0)


def test_a_wrong_file_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")
    assert "x.csv has 1 problem: line 1" in refused(capsys, "describe", tmp_path / "x.csv")


def test_a_folder_that_cannot_be_written_ends_in_one_sentence(
    survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = survey / "training.csv"
    message = refused(capsys, "split", survey, "--training", taken, "--validation", tmp_path / "b")
    assert "cannot be written: " in message
    assert simulate.main(["--output", str(taken)]) == 1
    assert f"{taken} cannot be written: " in capsys.readouterr().err


def test_a_download_says_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.csv", b"a")
    expected = {"a.csv": hashlib.sha256(b"a").hexdigest()}
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(commands, "download", functools.partial(download, expected=expected))
    with serving(archive.getvalue()) as site:
        words = ("download", "--to", tmp_path / "data", "--url", site.url)
        said = [run(capsys, *words) for _ in range(2)]
    folder = tmp_path / "data"
    assert said == [
        f"{folder}: fetched and verified.\n",
        f"{folder}: was there already, verified.\n",
    ]


def test_an_unreachable_archive_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    words = ("download", "--to", tmp_path / "data", "--url", "http://127.0.0.1:1/x.zip")
    assert "127.0.0.1 cannot be reached" in refused(capsys, *words)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("unknown",),
        ("split", "x.csv", "--training", "a"),
        ("split", "x.csv", "--training", "a", "--validation", "b", "--fraction", "1"),
        ("split", "x.csv", "--training", "a", "--validation", "b", "--fraction", "nan"),
    ],
)
def test_a_wrong_command_line_ends_with_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        commands.main(words)


@pytest.mark.parametrize("visits", ["0", "1001", "many"])
def test_an_impossible_number_of_visits_ends_with_2(visits: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        simulate.main(["--output", "x.csv", "--visits-per-cell", visits])
