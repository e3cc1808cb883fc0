from collections.abc import Callable, Iterator

import pytest

from serve import docs
from serve.docs import Row


@pytest.mark.parametrize(
    ("table", "width", "named"),
    [
        (docs.routes, 3, "`/invocations`"),
        (docs.formats, 4, "`text/csv`"),
        (docs.errors, 3, "`overloaded`"),
        (docs.metrics, 4, "`blerssi_rows_total`"),
    ],
)
def test_tables_are_whole(table: Callable[[], Iterator[Row]], width: int, named: str) -> None:
    rows = list(table())
    assert {len(row) for row in rows} == {width}
    assert any(named in row for row in rows)
    assert not any("\n" in cell or "|" in cell for row in rows for cell in row)
