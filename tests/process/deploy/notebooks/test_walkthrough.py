"""The notebook against the laptop's AWS, without Docker; it is stored without what came out."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from local_test.aws.laptop import Laptop
from tests.support import endpoints
from tests.support.deploys import PROJECT

NOTEBOOK = PROJECT / "deploy" / "notebooks" / "hybrid_walkthrough.ipynb"
SECONDS = 300


@pytest.fixture(scope="module")
def run(aws: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run it with the laptop's variables and those of a quick run."""
    kernels = tmp_path_factory.mktemp("kernels")
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **aws.variables,
        "BLERSSI_IMAGE": endpoints.IMAGE,
        "BLERSSI_BUCKET": "walkthrough",
        "BLERSSI_EPOCHS": "8",
        "BLERSSI_BAKE": "1",
        "IPYTHONDIR": str(kernels),
        "JUPYTER_RUNTIME_DIR": str(kernels),
        "JUPYTER_DATA_DIR": str(kernels),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook, timeout=SECONDS, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute(env=variables)
    return notebook


def texts(notebook: Any) -> str:
    """All that was printed."""
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    return "".join(each.get("text", "") for each in outputs)


def test_it_is_stored_without_outputs() -> None:
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_it_ends_in_answers_on_the_floor(run: Any) -> None:
    images = [
        each
        for cell in run.cells
        for each in cell.get("outputs", ())
        if "image/png" in each.get("data", {})
    ]
    assert len(images) == 3
    assert "training said" in texts(run)


def test_bad_rows_are_explained(run: Any) -> None:
    assert "row 1, b3002: got 70" in texts(run)


def test_nothing_is_left(run: Any, aws: Laptop) -> None:
    names = [each["EndpointName"] for each in aws.client("sagemaker").list_endpoints()["Endpoints"]]
    assert "blerssi-walkthrough" not in names


def test_no_key_is_in_what_comes_out(run: Any, aws: Laptop) -> None:
    text = nbformat.writes(run)  # type: ignore[no-untyped-call]
    assert aws.credentials.secret not in text
    assert aws.credentials.key not in text
