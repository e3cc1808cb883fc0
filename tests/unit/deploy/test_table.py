from deploy import table
from deploy.answers import Answer
from deploy.plot import Shown
from deploy.refusal import unfold
from deploy.scans import Scan
from model.errors import Problem
from tests.support.runtime import model_error, prediction, problem, refusal

SCANS = [Scan([], "line 1"), Scan([], "line 2"), Scan([], "line 3")]


def shown(truth: str | None = None, **more: object) -> Shown:
    return Shown(Answer.of(prediction(**more)), truth)  # type: ignore[arg-type]


def test_a_line_a_scan() -> None:
    others = [{"location": label, "probability": 0.1} for label in ("K04", "K05", "L04", "M04")]
    rows = [shown(candidates=others), shown(status="no_signal"), shown(status="out_of_coverage")]
    assert table.answers(SCANS, rows, 0).splitlines() == [
        "scan    cell  share  column  row    ±  status           next best",
        "------  ----  -----  ------  ---  ---  ---------------  ---------",
        "line 1  K04     50%    11.0  4.0  1.5  ok               K05 L04",
        "line 2  -         -       -    -    -  no_signal",
        "line 3  K04     50%    11.0  4.0  1.5  out_of_coverage",
    ]


def test_a_column_that_says_nothing_is_left_out() -> None:
    assert "next best" not in table.answers(SCANS[:1], [shown()], 0)


def test_what_is_known_stands_beside_the_answer() -> None:
    text = table.answers(SCANS[:2], [shown("K07"), shown()], 0)
    assert text.splitlines()[0].endswith("true cell  off by")
    assert text.splitlines()[2].endswith("ok      K07           3.0")
    assert text.splitlines()[3].endswith("ok      -               -")


def test_long_tables_are_cut_and_the_rest_is_counted() -> None:
    text = table.answers(SCANS, [shown()] * 3, 1)
    assert text.splitlines()[2:] == ["line 1  K04     50%    11.0  4.0  1.5  ok", "... and 2 more"]


def test_the_summary_counts_and_judges() -> None:
    rows = [shown("K04"), shown("K06"), shown(), shown("K04", status="no_signal"), shown("Z99")]
    assert table.summary(rows) == (
        "5 answers: 4 ok, 1 no_signal. Of 2 with a known cell 1 are in it; "
        "1.00 cells off on average."
    )
    assert table.summary([shown()]) == "1 answer: 1 ok."
    assert table.summary([]) == "0 answers: none."


def test_every_fault_stands_at_its_place() -> None:
    found = unfold(
        model_error(
            400, refusal(problem(1), problem(None, None, "x"), problem(9, "b3002", None), total=4)
        )
    )
    assert table.problems(found, SCANS).splitlines() == [
        "  line 2, b3001: got 5, expected dBm",
        '  every row: got "x", expected dBm',
        "  every row, b3002: got null, expected dBm",
        "  ... and 1 more problem",
    ]


def test_a_fault_without_a_field_is_one_of_the_row() -> None:
    fault = Problem(0, None, "12 values", "13 values")
    assert table.problem(fault, SCANS) == '  line 1: got "12 values", expected 13 values'


def test_programs_get_the_answer_as_it_came() -> None:
    assert table.document(SCANS[0], shown()) == {"scan": "line 1", **prediction()}
    found = table.document(SCANS[0], shown("K07"))
    assert (found["truth"], found["distance_cells"]) == ("K07", 3.0)
