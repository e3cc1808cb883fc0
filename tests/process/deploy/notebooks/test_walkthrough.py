"""The notebook against the laptop's AWS, without Docker; it is stored without what came out."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient

from local_test.aws import contents
from local_test.aws.laptop import Laptop
from model.blerssi import grid
from tests.support.deploys import PROJECT
from tests.support.laptop import laptop
from tests.support.leaks import Search

NOTEBOOK = PROJECT / "deploy" / "notebooks" / "hybrid_walkthrough.ipynb"
SECONDS = 300  # for one cell
KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|(?<![\w/+])[A-Za-z0-9/+]{40}(?![\w/+])")
PROBE = """
errors = [each.distance_to(plot.FLOOR[scan.truth]) for each, scan in zip(all_answers, every)]
print(json.dumps({
    "labels": [each.label for each in all_answers],
    "error": sum(errors) / len(errors),
    "share": sum(each.probability for each in one[0].candidates),
    "said": [said, found],
}))
"""


@dataclass
class Walk:
    """The notebook after a run.

    Attributes:
        aws: The laptop's AWS, which nobody else has used.
        notebook: With what came out, and a last cell that tells of it.
        folder: Where it has kept its files.
        train_on: Where the model was trained.
    """

    aws: Laptop
    notebook: Any
    folder: Path
    train_on: str

    @property
    def told(self) -> Any:
        """What the last cell says."""
        return json.loads(self.notebook.cells[-1].outputs[0].text)

    @property
    def texts(self) -> str:
        """All that was printed."""
        outputs = [each for cell in self.notebook.cells for each in cell.get("outputs", ())]
        return "".join(each.get("text", "") for each in outputs)


@pytest.fixture(scope="module", params=["sagemaker", "here"])
def walk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    """Run it with the laptop's variables and those of a quick run."""
    folder = tmp_path_factory.mktemp("walk")
    with laptop(folder / "aws") as aws:
        notebook = _executed(
            folder,
            {
                **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
                **aws.variables,
                "BLERSSI_TRAIN_ON": request.param,
                "BLERSSI_EPOCHS": "8",
                "BLERSSI_BAKE": "1",
                "BLERSSI_WORK": str(folder / "work"),
                "IPYTHONDIR": str(folder / "ipython"),
                "HOME": str(folder),
            },
        )
        yield Walk(aws, notebook, folder / "work", request.param)


def _executed(folder: Path, variables: dict[str, str]) -> Any:
    """Run all cells and the probe; the kernel is this interpreter, and is not installed."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE))  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, timeout=SECONDS, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    kernels = folder / "kernels"
    write_kernel_spec(str(kernels / "python3"))
    manager = client.create_kernel_manager()
    manager.kernel_spec_manager = KernelSpecManager(
        kernel_dirs=[str(kernels)], ensure_native_kernel=False
    )
    manager.connection_file = str(folder / "kernel.json")
    manager.transport = "ipc"
    client.execute(env=variables)
    return notebook


def test_it_is_stored_without_outputs_and_keys() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    code = [each for each in json.loads(text)["cells"] if each["cell_type"] == "code"]
    assert len(code) > 10
    assert [each for each in code if each["outputs"] or each["execution_count"] is not None] == []
    assert KEY.search(text) is None
    assert KEY.search(f'"aws_secret_access_key = {"canary/Key" * 4}"')
    assert re.search(r"\b\d{12}\b", text) is None, "an account number"


def test_it_ends_in_answers_on_the_floor(walk: Walk) -> None:
    images = [
        each
        for cell in walk.notebook.cells
        for each in cell.get("outputs", ())
        if "image/png" in each.get("data", {})
    ]
    assert len(images) == 3
    told = walk.told
    assert len(told["labels"]) > 300
    assert set(told["labels"]) <= set(grid.CELLS)
    assert told["share"] == pytest.approx(1, abs=1e-3)
    assert 0 < told["error"] < 4  # cells; the middle of the map is 5.3 off
    said, found = told["said"]
    assert said == pytest.approx(found, abs=1e-3)
    assert found == pytest.approx(told["error"], abs=1e-3)


def test_bad_rows_are_explained(walk: Walk) -> None:
    assert "row 1, b3002: got 70" in walk.texts


def test_nothing_is_left(walk: Walk) -> None:
    left = contents.count(walk.aws)
    if walk.train_on == "sagemaker":  # of training jobs, which nobody can delete in AWS either
        assert left.pop("log groups") == 1
    assert not any(left.values()), left


def test_no_key_is_in_what_comes_out(walk: Walk) -> None:
    search = Search(walk.aws.credentials.secret)
    search.text("the notebook", nbformat.writes(walk.notebook))  # type: ignore[no-untyped-call]
    search.files(walk.folder)
    assert search.found == []
    assert walk.aws.credentials.key not in walk.texts
