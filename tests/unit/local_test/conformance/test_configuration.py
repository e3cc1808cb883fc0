import re
from pathlib import Path

import pytest

from container.errors import UserError
from local_test.conformance import configuration
from local_test.conformance.configuration import Configuration

_, _, EXAMPLE = str(configuration.__doc__).partition("relative to it.\n")


def read(folder: Path, text: str) -> Configuration:
    path = folder / "conformance.toml"
    path.write_text(text)
    return configuration.read(path)


def test_the_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("1,2\n")

    found = read(tmp_path, EXAMPLE)

    materials = found.materials
    assert found.model == tmp_path / "model.tar.gz"
    assert found.wait == 115
    assert found.accepted == {"C1.29": "Our operators want to see every ping."}
    assert materials.payload.body == b"1,2\n"
    assert materials.payload.headers == {"Content-Type": "text/csv", "Accept": "application/json"}
    assert materials.payload.streams
    assert materials.streamed().model == tmp_path / "streaming"
    assert materials.streamed().payload.body == b"1,2\n"
    assert materials.channels == {"training": tmp_path / "scans"}
    assert materials.hyperparameters == {"epochs": "2"}
    assert (materials.long, materials.wrong) == ({"epochs": "10000"}, {"epochs": "none"})
    assert (materials.metrics, materials.train_seconds) == (("loss=([0-9.]+)",), 300)
    assert materials.variables == {"NAME": "value"}
    assert (materials.handlers, materials.multi_model, materials.pipe) == (True, True, True)


def test_an_empty_file_is_an_empty_configuration(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Configuration()


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[", ["cannot be read"]),
        ("colour = 1\nmodel = 2", ["colour is unknown, allowed are model, wait", "model is 2"]),
        ("wait = true", ["wait is True"]),
        ("payload = [1]", ["payload is not a table"]),
        ("payload = 1\ntraining = 2", ["payload is 1", "training is 2"]),
        (
            "[[payload]]\nfile = 'a'\nstreams = 'yes'",
            ["lacks content_type", "streams is 'yes'"],
        ),
        ("streaming = 1", ["streaming is 1"]),
        (
            "[streaming]\ncolour = 1",
            ["colour is unknown", *(f"streaming lacks {e}" for e in ("model", "file"))],
        ),
        ("[training]\nmetrics = [1]", ["metrics holds something that is not a text"]),
        ("[training]\nhyperparameters = { epochs = 2 }", ["not a text; quote it"]),
        ("[environment]\nA = 1", ["environment holds something that is not a text"]),
        ("[[payload]]\nfile = 'a'\ncontent_type = 'b'", ["payload", "cannot be read: No such"]),
    ],
)
def test_every_fault_is_named(tmp_path: Path, text: str, messages: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)

    assert [each for each in messages if each not in str(caught.value)] == []


def test_a_configuration_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=re.escape("cannot be read")):
        configuration.read(tmp_path / "nowhere.toml")
