import io
import json

import numpy as np
import pytest

from benchmarks import materials
from benchmarks.errors import BenchmarkError


def test_scans_hear_one_to_three_beacons() -> None:
    found = materials.scans(200)
    heard = (found != materials.MISSING).sum(axis=1)
    assert found.shape == (200, materials.FIELDS)
    assert set(heard) == {1, 2, 3}
    assert materials.scans(200).tolist() == found.tolist()
    assert materials.scans(200, seed=1).tolist() != found.tolist()


def test_every_format_holds_the_same_rows() -> None:
    rows = materials.scans(3)
    written = {name: write(rows) for name, (_, write) in materials.FORMATS.items()}
    lines = written["CSV"].decode().splitlines()
    assert json.loads(written["JSON"]) == {"instances": rows.tolist()}
    assert json.loads(materials.as_bare_json(rows)) == rows.tolist()
    assert [[int(value) for value in line.split(",")] for line in lines] == rows.tolist()
    assert np.load(io.BytesIO(written["NPY"])).tolist() == rows.tolist()


@pytest.mark.parametrize("most", [7, 8, 20, 1000])
def test_pieces_are_whole_lines_and_lose_nothing(most: int) -> None:
    text = b"".join(b"%d\n" % number for number in range(95, 120))
    found = materials.pieces(text, most)
    assert b"".join(found) == text
    assert all(piece.endswith(b"\n") and len(piece) <= most for piece in found)


def test_a_program_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(BenchmarkError, match=r"ended with 3:\nno scans"):
        materials.run(["-c", "import sys; print('no scans', file=sys.stderr); sys.exit(3)"])
