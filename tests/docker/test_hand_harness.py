"""The harness of most tutorials: `docker run -v $(pwd)/test_dir:/opt/ml --rm IMAGE train|serve`.

    test_dir/
        input/config/{hyperparameters.json, resourceConfig.json}    the second is empty
        input/data/training/*.csv
        model/  output/

No file names the channels, and only two folders are there to be written to (C7.30).
"""

import contextlib
import http.client
import json
from pathlib import Path

from container import contract
from model import artifact
from tests.support.engine import Box, Engine, mount

PORT = f"{contract.PORT}/tcp"
PAYLOAD = b"-200,-200,-200,-200,-200,-200,-200,-200,-200,-200,-200,-200,-70\n" * 3


def _test_dir(folder: Path, scans: Path, **hyperparameters: str) -> Path:
    for name in ("input/config", "input/data/training", "model", "output"):
        (folder / name).mkdir(parents=True)
    config = folder / "input/config"
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    (config / "resourceConfig.json").touch()
    data = folder / "input/data/training/scans.csv"
    data.write_bytes((scans / "training.csv").read_bytes())
    return folder


def _curl(box: Box, path: str, data: bytes | None = None) -> tuple[int, bytes]:
    """Ask through the published port with the headers of `curl --data-binary`."""
    box.container.reload()
    [published] = box.container.ports[PORT]
    connection = http.client.HTTPConnection("127.0.0.1", published["HostPort"], timeout=60)
    headers = {"Accept": "*/*", **({"Content-Type": "text/csv"} if data else {})}
    with contextlib.closing(connection):
        connection.request("POST" if data else "GET", path, data, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()


def test_training_and_serving_by_hand(engine: Engine, scans: Path, tmp_path: Path) -> None:
    base = _test_dir(tmp_path / "test_dir", scans, epochs="2")

    trained = engine.run("train", volumes=mount(base))

    assert trained.code == 0, trained.log
    assert artifact.verify(base / "model") is not None
    assert not (base / "output/failure").exists()

    box = engine.start("serve", volumes=mount(base), ports={PORT: ("127.0.0.1", None)})
    assert _curl(box.until_ready(), contract.PING) == (200, b"")
    status, answer = _curl(box, contract.INVOCATIONS, PAYLOAD)
    assert status == 200
    assert len(json.loads(answer)["predictions"]) == 3
    assert box.stop(10).code == 0


def test_a_failed_training_leaves_its_reason(engine: Engine, scans: Path, tmp_path: Path) -> None:
    base = _test_dir(tmp_path / "test_dir", scans, epochs="many")

    ended = engine.run("train", volumes=mount(base))

    assert ended.code not in {0, 137}
    assert "epochs" in (base / "output/failure").read_text().splitlines()[0]  # C7.31
