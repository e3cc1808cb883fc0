import hashlib
from pathlib import Path

import pytest

from container.errors import UserError
from deploy.batch import records
from deploy.batch.records import CSV, FIELDS, LINES, Records, prepare

ROW = ",".join(["-200"] * 12 + ["-70"])
NAMES = ",".join(FIELDS)


def prepared(folder: Path, text: str, name: str = "a.csv", **more: object) -> tuple[Records, str]:
    path = folder / name
    path.write_bytes(text.encode())
    found = prepare(path, folder / "body", **more)  # type: ignore[arg-type]
    return found, (folder / "body").read_bytes().decode()


def test_records_go_as_they_are_one_a_line(tmp_path: Path) -> None:
    found, body = prepared(tmp_path, f"\ufeff{ROW}\r\n\r\n \n{ROW}")
    assert body == f"{ROW}\n{ROW}\n"
    assert (found.count, found.layout.media_type, found.layout.pick) == (2, CSV, None)
    assert found.digest == hashlib.sha256(body.encode()).hexdigest()
    assert list(found.lines()) == [(1, ROW), (4, ROW)]


@pytest.mark.parametrize(
    ("header", "row", "pick"),
    [
        (NAMES, ROW, None),
        (f"location,date,{NAMES}", f"K04,x,{ROW}", "$[2:]"),
        (f"id,{NAMES},note", f"7,{ROW},x", "$[1:14]"),
        (
            ",".join(reversed(FIELDS)),
            ",".join(reversed(ROW.split(","))),
            f"$[{','.join(map(str, range(12, -1, -1)))}]",
        ),
    ],
)
def test_a_header_is_taken_off_and_becomes_the_filter(
    tmp_path: Path, header: str, row: str, pick: str | None
) -> None:
    found, body = prepared(tmp_path, f"{header}\n{row}\n")
    assert body == f"{row}\n"
    assert found.layout.pick == pick
    assert found.layout.header == tuple(header.split(","))
    assert list(found.lines()) == [(2, row)]
    assert [row.split(",")[found.layout.fields[name]] for name in FIELDS] == ROW.split(",")


def test_the_column_of_the_truth_is_known(tmp_path: Path) -> None:
    assert prepared(tmp_path, f"{NAMES},location\n{ROW},K04\n")[0].layout.truth == 13
    assert prepared(tmp_path, f"{NAMES}\n{ROW}\n")[0].layout.truth is None


def test_json_lines_go_as_they_are(tmp_path: Path) -> None:
    text = '{"id": 1, "features": [-70]}\n\n[-71]\n'
    found, body = prepared(tmp_path, text, "a.jsonl", pick="$.features")
    assert body == '{"id": 1, "features": [-70]}\n[-71]\n'
    assert (found.layout.media_type, found.layout.pick) == (LINES, "$.features")


def test_a_filter_of_the_users_takes_the_place_of_ours(tmp_path: Path) -> None:
    found, _ = prepared(tmp_path, f"x,y\n1,{ROW}\n".replace("x,y", "x," + NAMES), pick="$[1:]")
    assert found.layout.pick == "$[1:]"
    found, _ = prepared(tmp_path, f"K04,{ROW}\nK05,{ROW}\n", pick="$[1:]")
    assert (found.count, found.layout.header) == (2, None)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", f"{ROW}\n{ROW},1\nabc{ROW}\n", ["line 2 has 14", "b3001 is 'abc-200'"]),
        ("a.csv", f"K04,{ROW}\n", ["line 1 has 14 fields instead of 13"]),
        ("a.csv", f'{ROW}\n"x\ny",1\n', ["line 2 is not a record of CSV", "line 3 "]),
        ("a.csv", f"location,{NAMES}\nK04,{ROW}\n{ROW}\n", ["line 3 has 13 fields instead of 14"]),
        ("a.jsonl", '[1]\n{"a"\n3\n', ["line 2 is not JSON", "line 3 is neither"]),
    ],
)
def test_every_line_that_cannot_be_sent_is_named(
    tmp_path: Path, name: str, text: str, said: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        prepared(tmp_path, text, name)
    assert all(each in str(caught.value) for each in said)
    assert prepared(tmp_path, text, name, check=False)[0].count > 0


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"line 10 .*and 5 more") as caught:
        prepared(tmp_path, "1\n" * 15, check=True)
    assert "line 11" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "[]", "cannot be told from its name"),
        ("a.csv", "", "holds no record"),
        ("a.csv", f"{NAMES}\n", "holds no record"),
        ("a.csv", "location,b3001\n", "lacks b3002, b3003"),
    ],
)
def test_files_without_records_of_ours_are_refused(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        prepared(tmp_path, text, name)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv: No such file"):
        prepare(tmp_path / "a.csv", tmp_path / "body")
    (tmp_path / "a.csv").write_bytes(b"\xff\n")
    with pytest.raises(UserError, match="not UTF-8"):
        prepare(tmp_path / "a.csv", tmp_path / "body")


def test_a_line_of_csv_is_read_by_itself() -> None:
    assert records.columns('a,"b,c"') == ["a", "b,c"]
    assert records.columns("") == []
