"""A thousand models in a container of 1 GiB, driven as the platform does (C3.5)."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from container import contract
from tests.support.engine import Engine, mount

MODELS = f"{contract.BASE_DIR}/{contract.MODELS}"
COUNT = 1000

# A network of 1.1 MiB, so that a thousand of them are more than there is room for.
_MAKE = """
from pathlib import Path
from model import artifact
from model.blerssi import network
from model.signature import Field, InputSpec, OutputSpec, Signature

fields = tuple(Field(f"b{number}", -120.0, 0.0, "dBm") for number in range(13))
labels = OutputSpec(("A01", "A02"), "location", ("column", "row"), ((1.0, 1.0), (1.0, 2.0)))
files = network.export(network.build(13, 2, (512, 512), 0))
artifact.write(Path("/models/0/model"), files, Signature(InputSpec(fields, missing=-200.0), labels))
"""

# The platform: loads each model that it is asked for; told 507, it unloads the oldest and retries.
_DRIVE = """
import http.client, json, sys
from collections import deque
from container.resources import Resources, free_memory

connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
row = b"-70," * 12 + b"-70"

def ask(method, path, body=b"", media_type="application/json"):
    connection.request(method, path, body, {"Content-Type": media_type})
    answer = connection.getresponse()
    answer.read()
    return answer.status

def load(name):
    url = f"MODELS/{name}/model"
    return ask("POST", "/models", json.dumps({"model_name": name, "url": url}).encode())

def must(status, *arguments):
    found = ask(*arguments)
    assert found == status, (arguments, found)

def used():
    return Resources.measure().memory - free_memory()

def drive(names):
    loaded, refused, most = deque(), 0, 0
    for name in names:
        while (status := load(name)) == 507:
            refused += 1
            must(200, "DELETE", f"/models/{loaded.popleft()}")
        assert status == 200, status
        loaded.append(name)
        most = max(most, len(loaded))
        must(200, "POST", f"/models/{name}/invoke", row, "text/csv")
    peak = used()
    while loaded:
        must(200, "DELETE", f"/models/{loaded.popleft()}")
    must(200, "GET", "/ping")
    return refused, most, peak

must(200, "GET", "/ping")  # so that this program, too, has all that it needs
before = used()
refused, most, peak = drive([str(number) for number in range(COUNT)])
print(json.dumps({"refused": refused, "most": most, "before": before, "peak": peak,
                  "after": used()}))
""".replace("MODELS", MODELS).replace("COUNT", str(COUNT))


@pytest.fixture(scope="module")
def models(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model under a thousand names."""
    folder = tmp_path_factory.mktemp("models")
    folder.chmod(0o777)
    made = engine.run("python", "-c", _MAKE, volumes=mount(folder, "/models"))
    assert made.code == 0, made.log
    for number in range(1, COUNT):
        copy = folder / str(number) / "model"
        copy.mkdir(parents=True)
        for file in (folder / "0" / "model").iterdir():
            os.link(file, copy / file.name)
    return folder


def test_a_thousand_models_pass_through_one_gibibyte(engine: Engine, models: Path) -> None:
    box = engine.start(
        "serve",
        volumes=mount(models, MODELS, "ro"),
        environment={"SAGEMAKER_MULTI_MODEL": "true"},
        mem_limit="1g",
        memswap_limit="1g",
    ).until_ready()

    done = box.exec("python", "-c", _DRIVE)

    assert done.code == 0, f"{done.log}\n{box.log[-2000:]}"
    found: dict[str, Any] = json.loads(done.log)
    assert 0 < found["most"] < COUNT, found
    assert found["refused"] >= COUNT - found["most"], found
    assert found["after"] < 1.1 * found["before"], found
    assert box.log.count("Booting worker") == 1  # none was lost
    assert box.is_running
