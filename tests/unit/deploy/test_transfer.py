import io

import pytest

from deploy.screen import Screen
from deploy.transfer import Count, Layers, bar, size


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (404_498_616, "404.5 MB"), (10**10, "10.0 GB")],
)
def test_bytes_are_written_for_people(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, 10, f"[{' ' * 20}]   0% of 10 B"),
        (5, 10, f"[{'#' * 10}{' ' * 10}]  50% of 10 B"),
        (11, 10, f"[{'#' * 20}] 100% of 10 B"),
        (0, 0, f"[{'#' * 20}] 100% of 0 B"),
    ],
)
def test_a_bar_is_never_longer_than_itself(done: int, total: int, text: str) -> None:
    assert bar(done, total) == text


def test_layers_are_added_up() -> None:
    layers = Layers()
    for line in (
        {"status": "The push refers to repository [x]"},
        {"id": "a", "status": "Preparing", "progressDetail": {}},
        {"id": "a", "status": "Pushing", "progressDetail": {"current": 10, "total": 100}},
        {"id": "b", "status": "Layer already exists", "progressDetail": {}},
        {"id": "c", "status": "Pushing", "progressDetail": {"current": 5, "total": 100}},
        {"id": "a", "status": "Pushed", "progressDetail": {}},
    ):
        layers.take(line)
    assert str(layers) == f"{bar(105, 200)}, there already: 1"
    layers.take({"id": "c", "status": "Retrying in 5 seconds"})
    assert str(layers).endswith("Retrying in 5 seconds")


def test_layers_without_bytes_are_named() -> None:
    layers = Layers()
    assert str(layers) == "preparing"
    layers.take({"id": "b", "status": "Layer already exists", "progressDetail": {}})
    assert str(layers) == "there already: 1"


def test_an_upload_is_counted() -> None:
    out = io.StringIO()
    count = Count(Screen(out), "Uploading x", 10)
    count(10)
    assert out.getvalue() == f"Uploading x: {bar(10, 10)}\n"
