"""The report of a real run: what stands in it is what the run found."""

import io
import json
import logging
import re
from pathlib import Path

import pytest

from container import contract
from tests.support.jobs import Job
from tests.support.scans import surveyed
from train import pictures, raster
from train.__main__ import main
from train.comparison import IN_WORDS


def train(job: Job) -> str:
    """Run a job in this process, leave logging as it was, and give the log."""
    root, errors = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    variables = {contract.BASE_DIR_VARIABLE: str(job.base)}
    exit_code = main([], variables, lambda: False, io.StringIO(), errors)
    root.handlers[:] = handlers
    root.setLevel(level)
    assert exit_code == 0, errors.getvalue()
    return errors.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    job = Job(tmp_path_factory.mktemp("report") / "ml")
    job.channel("training", surveyed())
    job.channel("validation", surveyed(seed=1, visits=2, first_day=9))
    job.hyperparameters(epochs=2, hidden="8", batch_size=32)
    train(job)
    return job.environment.output_data_dir


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "report.html").read_text()


def test_it_stands_alone(page: str) -> None:
    assert not re.search(r"(src|href)=|url\(['\"]?http|@import|<script", page)
    assert "$" not in page
    assert "nan" not in page


def test_it_begins_with_what_the_answers_are_worth(page: str, folder: Path) -> None:
    scores = json.loads((folder / "metrics.json").read_text())["scores"]
    head, _, _ = page.partition("<h2>")
    assert f"{scores['mean_error_cells']:.2f} cells mean error" in head
    assert f"A phone is placed {scores['mean_error_cells']:.1f} cells" in head
    assert f"{scores['within_2_cells']:.0%} are within two cells" in head
    assert "best simple method" in head


def test_every_section_has_its_picture_or_table(page: str) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    sections = page.split("<h2>")[1:]
    assert len(titles) == len(set(titles)) == len(sections)
    for title, section in zip(titles, sections, strict=True):
        assert "<svg" in section or "<table" in section, title


def test_simple_methods_stand_beside_the_model_the_best_first(page: str) -> None:
    table = page.partition("Is it worth a model?")[2].partition("<h2>")[0].partition("<table>")[2]
    rows = [re.sub(r"<[^>]+>", "|", row).split("|") for row in table.split("<tr>")[2:]]
    cells = [[each for each in row if each] for row in rows]
    assert {row[0] for row in cells} == set(IN_WORDS)
    errors = [float(row[1]) for row in cells]
    assert errors == sorted(errors)


def test_beacons_heard_add_up_to_all_scans(page: str, folder: Path) -> None:
    table = page.partition("By number of beacons heard")[2].partition("</table>")[0]
    counts = re.findall(r"<tr><td[^>]*>[^<]+</td><td[^>]*>(\d+)</td>", table)
    scores = json.loads((folder / "metrics.json").read_text())["scores"]
    assert sum(map(int, counts)) == scores["scans"]


def test_the_examples_are_a_good_a_typical_and_a_bad_one(page: str) -> None:
    found = re.findall(r"<figcaption>A (\w+) answer, ([0-9.]+) cells off</figcaption>", page)
    assert [name for name, _ in found] == [*pictures.EXAMPLES]
    errors = [float(error) for _, error in found]
    assert errors == sorted(errors)


@pytest.mark.skipif(not raster.has_font(), reason="fonts-dejavu-core is missing")
def test_every_picture_lies_beside_it_as_a_file(page: str, folder: Path) -> None:
    files = [*folder.glob("*.png")]
    assert len(files) == page.count("<svg") + 1  # and the overview
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in files)


def test_without_a_font_there_is_a_page_and_a_word_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster, "FONT", tmp_path / "missing.ttf")
    job = Job(tmp_path / "ml")
    job.channel("training", surveyed(cells=2, visits=1))
    job.hyperparameters(epochs=1, hidden="8")
    assert "missing.ttf is missing (fonts-dejavu-core)" in train(job)
    folder = job.environment.output_data_dir
    page = (folder / "report.html").read_text()
    assert not [*folder.glob("*.png")]
    assert "nothing fair to compare" in page
