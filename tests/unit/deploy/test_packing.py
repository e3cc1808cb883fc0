from pathlib import Path

import pytest

from container.errors import UserError
from deploy.packing import checked
from model import archive, artifact
from model.errors import ArtifactError
from tests.support.deploys import model_folder


def test_a_folder_is_packed_and_read_back(tmp_path: Path) -> None:
    with checked(model_folder(tmp_path / "model")) as packed:
        assert packed.name == "model.tar.gz"
        archive.unpack(packed, tmp_path / "again")
    assert artifact.verify(tmp_path / "again") is not None
    assert not packed.exists()


def test_an_archive_is_taken_as_it_is(tmp_path: Path) -> None:
    given = tmp_path / "mine.tar.gz"
    archive.pack(model_folder(tmp_path / "model"), given)
    with checked(given) as packed:
        assert packed == given
    assert given.exists()


def test_equal_models_give_equal_archives(tmp_path: Path) -> None:
    with checked(model_folder(tmp_path / "a")) as first:
        one = first.read_bytes()
    with checked(model_folder(tmp_path / "b")) as second:
        assert second.read_bytes() == one


def damaged_folder(folder: Path) -> Path:
    model = model_folder(folder / "model")
    (model / artifact.PARAMS).write_bytes(b"damaged")
    return model


def damaged_archive(folder: Path) -> Path:
    given = folder / "model.tar.gz"
    archive.pack(model_folder(folder / "model"), given)
    given.write_bytes(given.read_bytes()[:-20])
    return given


def archive_of_a_damaged_folder(folder: Path) -> Path:
    given = folder / "model.tar.gz"
    archive.pack(damaged_folder(folder), given)
    return given


def empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def archive_of_something_else(folder: Path) -> Path:
    (folder / "else").mkdir()
    (folder / "else" / "README").write_text("No model.")
    archive.pack(folder / "else", folder / "else.tar.gz")
    return folder / "else.tar.gz"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (archive_of_something_else, "else.tar.gz holds README; expected one"),
        (damaged_folder, "has SHA-256"),
        (damaged_archive, "not a sound tar.gz"),
        (archive_of_a_damaged_folder, "has SHA-256"),
        (empty, "holds nothing"),
    ],
)
def test_what_the_verifier_rejects_is_refused(tmp_path: Path, make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(ArtifactError, match=words), checked(make(tmp_path)):
        pass


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no model"), checked(tmp_path / "gone"):
        pass
