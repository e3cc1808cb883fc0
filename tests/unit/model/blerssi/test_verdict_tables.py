import numpy as np
import pytest

from model.blerssi import grid, verdict_tables, verdicts
from model.blerssi.scores import Scores, score
from model.blerssi.verdicts import Verdict

K04, K05, K06 = (grid.index(label) for label in ("K04", "K05", "K06"))


@pytest.fixture
def found() -> dict[str, Verdict]:
    eye = np.eye(len(grid.CELLS), dtype=np.float32)

    def each(*answers: int) -> list[Scores]:
        return [score(eye[[answer]], np.array([K04])) for answer in answers]

    return verdicts.judge({"far off": each(K05, K06), "ours": each(K04, K05)}, "ours")


def test_the_terminal_gets_aligned_columns(found: dict[str, Verdict]) -> None:
    figures, differences = verdict_tables.text(found).split("\n\n")
    head, far, ours = figures.splitlines()
    assert len(head) == len(far) == len(ours)
    assert far.startswith("far off  1.500 ±0.500")
    assert ours.startswith("ours     0.500 ±0.500")
    assert differences.splitlines()[1].startswith("far off     +1.000 ±0.000")
    assert len(differences.splitlines()) == 2


def test_markdown_has_as_many_cells_in_every_row(found: dict[str, Verdict]) -> None:
    for table in verdict_tables.markdown(found).split("\n\n"):
        head, rule, *rows = table.splitlines()
        assert {line.count("|") for line in (head, rule, *rows)} == {head.count("|")}
        assert set(rule) == set("| -:")


def test_without_ours_there_is_nothing_to_compare(found: dict[str, Verdict]) -> None:
    alone = verdicts.judge({"far off": [found["far off"].scores]}, "ours")
    assert "minus ours" not in verdict_tables.text(alone)
    assert "±" not in verdict_tables.text(alone)  # nor is there an error of one split
