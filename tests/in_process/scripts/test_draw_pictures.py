from pathlib import Path

from model.blerssi import data
from scripts import draw_pictures
from tests.support.pictures import elements, texts
from tests.support.scans import surveyed


def test_a_report_and_an_answer_are_drawn_of_a_run(tmp_path: Path) -> None:
    data.write(tmp_path / "training.csv", surveyed())
    wanted = ["--training", str(tmp_path / "training.csv"), "--epochs", "1"]
    draw_pictures.main(wanted, tmp_path / "docs")
    drawn = {path.name: path.read_text() for path in (tmp_path / "docs").iterdir()}
    assert drawn.keys() == {"flow.svg", "report.svg", "prediction.svg"}
    assert len(elements(drawn["report.svg"], "svg")) == 4
    assert "Mean error of the model and of simple methods" in texts(drawn["report.svg"])
    assert any(each.startswith("true cell") for each in texts(drawn["prediction.svg"]))


def test_without_scans_only_the_flow_is_drawn(tmp_path: Path) -> None:
    draw_pictures.main([], tmp_path / "docs")
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["flow.svg"]
