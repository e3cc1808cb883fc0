"""A model folder: written whole or not at all, and read only as it was written."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model import artifact
from model.artifact import PARAMS, SHAPES, SIGNATURE, SYMBOL
from model.errors import ArtifactError, SignatureError
from tests.support import models

FILES = {
    SYMBOL: b"{}",
    PARAMS: b"old params",
    SHAPES: artifact.shapes_file({"data": (1, 13)}),
}
NEW = {**FILES, PARAMS: b"new params"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    artifact.write(tmp_path / "model", FILES, models.signature())
    return tmp_path / "model"


def plain(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"[]" if name.endswith("-shapes.json") else name.encode())
    return folder


def edit_signature(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads((folder / SIGNATURE).read_bytes())
    change(data)
    (folder / SIGNATURE).write_text(json.dumps(data))


def test_what_is_written_is_read_back(folder: Path) -> None:
    model = artifact.read(folder)
    assert (model.symbol, model.params) == (b"{}", b"old params")
    assert model.shapes == {"data": (1, 13)}
    assert model.signature == models.signature() == artifact.verify(folder)


def test_awss_own_container_finds_its_three_files(folder: Path) -> None:
    """Names and form of the files that its default model_fn demands (C6.1, C6.2)."""
    assert {path.name for path in folder.iterdir()} == {
        *("model-symbol.json", "model-0000.params", "model-shapes.json", "signature.json"),
    }
    shapes = json.loads((folder / "model-shapes.json").read_bytes())
    assert shapes == [{"name": "data", "shape": [1, 13]}]


def test_every_file_is_listed_with_its_checksum(folder: Path) -> None:
    listed = json.loads((folder / SIGNATURE).read_bytes())["files"]
    assert listed == {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in FILES.items()
    }


def test_a_new_model_takes_the_old_ones_place(folder: Path) -> None:
    artifact.write(folder, NEW, models.signature())
    assert artifact.read(folder).params == b"new params"
    assert len(list(folder.iterdir())) == 4


def test_a_folder_without_the_three_files_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"needs model-0000\.params, model-shapes\.json"):
        artifact.write(tmp_path / "model", {SYMBOL: b""}, models.signature())
    assert not (tmp_path / "model").exists()


class Saboteur:
    """Fails at one of the steps of a write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
        self._left = step
        self.struck = False
        monkeypatch.setattr(os, "fsync", self._around(os.fsync))
        monkeypatch.setattr(Path, "replace", self._around(Path.replace))
        monkeypatch.setattr(Path, "open", self._around(Path.open))

    def _around(self, function: Callable[..., object]) -> Callable[..., object]:
        def step(*args: Any, **kwargs: Any) -> object:
            self._left -= 1
            if self._left < 0 and not self.struck:
                self.struck = True
                raise OSError(28, "No space left on device")
            return function(*args, **kwargs)

        return step


@pytest.mark.parametrize("there", [True, False], ids=["over-a-model", "anew"])
def test_a_failure_at_any_step_leaves_the_old_model_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    steps = 0
    while True:
        folder = tmp_path / str(steps)
        if there:
            artifact.write(folder, FILES, models.signature())
        with monkeypatch.context() as patch:
            saboteur = Saboteur(patch, steps)
            try:
                artifact.write(folder, NEW, models.signature())
            except OSError as error:
                assert error.errno == 28  # noqa: PT017 - the last round raises nothing
        if not saboteur.struck:
            break
        if there:
            assert artifact.read(folder).params == b"old params"
        assert len(list(folder.iterdir())) == (4 if there else 0)
        steps += 1
    assert artifact.read(folder).params == b"new params"
    assert steps == (16 if there else 12)  # 4 files opened, synced and renamed; 4 put aside


@pytest.mark.parametrize("name", [SYMBOL, PARAMS, SHAPES])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"something else")
    with pytest.raises(ArtifactError, match=f"{name} has SHA-256 .*, but signature.json") as caught:
        artifact.read(folder)
    assert "copy the model again" in caught.value.hint


@pytest.mark.parametrize("name", [SYMBOL, PARAMS, SHAPES])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name} is missing from"):
        artifact.read(folder)


def test_further_files_of_the_manifest_are_verified_and_others_left_alone(folder: Path) -> None:
    artifact.write(folder, {**FILES, "report.txt": b"fine"}, models.signature())
    plain(folder, "code/inference.py", "._model-symbol.json", "notes.txt")
    artifact.read(folder)
    (folder / "report.txt").write_bytes(b"not")
    with pytest.raises(ArtifactError, match=r"report\.txt has SHA-256"):
        artifact.read(folder)


@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_a_symbolic_link_is_not_followed(
    folder: Path, tmp_path: Path, make: Callable[[Path, Path], None]
) -> None:
    (folder / PARAMS).rename(tmp_path / "elsewhere")
    make(folder / PARAMS, tmp_path / "elsewhere")
    if make is Path.hardlink_to:
        artifact.read(folder)
    else:
        with pytest.raises(ArtifactError, match="not a plain file"):
            artifact.read(folder)


def test_a_pipe_is_not_read(folder: Path) -> None:
    (folder / PARAMS).unlink()
    os.mkfifo(folder / PARAMS)
    with pytest.raises(ArtifactError, match="not a plain file"):
        artifact.read(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.pop("files"), "must list model-symbol.json"),
        (lambda data: data.update(files=[]), "must list model-symbol.json"),
        (lambda data: data["files"].pop(PARAMS), "must list model-symbol.json"),
        (lambda data: data["files"].update({SYMBOL: None}), "no SHA-256 for model-symbol.json"),
        (lambda data: data["files"][SYMBOL].update(sha256=1), "no SHA-256 for model-symbol.json"),
        (lambda data: data["files"].update({"../x": {}}), "'../x'; a plain file name"),
        (lambda data: data["files"].update({"..": {}}), "'..'; a plain file name"),
        (lambda data: data["files"].update({".x": {}}), "'.x'; a plain file name"),
        (lambda data: data["files"].update({"/etc/passwd": {}}), "a plain file name"),
        (lambda data: data["files"].update({"x": {"sha256": ""}}), "x is missing from"),
        (lambda data: data["files"].update({"": {"sha256": ""}}), "not a plain file"),
        (lambda data: data["files"].update({"\0": {"sha256": ""}}), "not a plain file"),
        (lambda data: data["files"].update({"\ud800": {"sha256": ""}}), "not a plain file"),
        (lambda data: data["files"].update({"x" * 999: {"sha256": ""}}), "cannot be read"),
    ],
)
def test_a_strange_manifest_is_named(
    folder: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    edit_signature(folder, change)
    with pytest.raises(ArtifactError) as caught:
        artifact.read(folder)
    assert message in caught.value.message


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff", "null"])
def test_a_signature_that_is_none_is_named(folder: Path, text: str | bytes) -> None:
    (folder / SIGNATURE).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SignatureError, match=r"signature"):
        artifact.read(folder)


def test_a_file_that_is_too_large_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact, "_LARGEST_PARAMS", 5)
    with pytest.raises(ArtifactError, match=r"model-0000\.params has 10 bytes; at most 5"):
        artifact.read(folder)


def test_a_plain_export_needs_no_signature(tmp_path: Path) -> None:
    model = artifact.read(plain(tmp_path, "net-symbol.json", "net-0007.params"))
    assert (model.symbol, model.params) == (b"net-symbol.json", b"net-0007.params")
    assert (model.shapes, model.signature) == ({}, None)


def test_the_latest_epoch_of_a_plain_export_is_read(tmp_path: Path) -> None:
    plain(tmp_path, "net-symbol.json", "net-0002.params", "net-0010.params", "other-0011.params")
    assert artifact.read(tmp_path).params == b"net-0010.params"


def test_a_prefix_is_taken_literally(tmp_path: Path) -> None:
    plain(tmp_path, "[n]*-symbol.json", "[n]*-0000.params", "n*-0001.params")
    assert artifact.read(tmp_path).params == b"[n]*-0000.params"


def test_the_shapes_of_a_plain_export_are_read(tmp_path: Path) -> None:
    plain(tmp_path, "net-symbol.json", "net-0000.params")
    (tmp_path / "net-shapes.json").write_bytes(artifact.shapes_file({"data": (8, 2)}))
    assert artifact.read(tmp_path).shapes == {"data": (8, 2)}


@pytest.mark.parametrize("beside", ["._my_model", ".cache", "readme.txt"])
def test_the_model_may_lie_one_folder_down(folder: Path, tmp_path: Path, beside: str) -> None:
    """As in an archive of a folder, also one made on a Mac (C1.12)."""
    plain(tmp_path, beside, "model/._model-symbol.json")
    assert artifact.read(tmp_path).params == b"old params"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "holds nothing"),
        (("readme.txt",), r"holds readme.txt; expected one \*-symbol.json"),
        (("._net-symbol.json",), "holds nothing"),
        (("a/x-symbol.json", "b/x-symbol.json"), "holds a, b; expected one"),
        (("a-symbol.json", "b-symbol.json"), "2 files .*: a-symbol.json, b-symbol.json; one was"),
        (("a-symbol.json", "b-0000.params"), "has a-symbol.json, but no a-NNNN.params"),
        (("a-symbol.json", "a-000.params"), "no a-NNNN.params"),
    ],
)
def test_a_folder_without_one_model_says_what_it_holds(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ArtifactError, match=message):
        artifact.read(plain(tmp_path / "model", *names))


@pytest.mark.parametrize("make", [Path.exists, Path.touch], ids=["absent", "file"])
def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "model")
    with pytest.raises(ArtifactError, match="model cannot be read"):
        artifact.read(tmp_path / "model")
