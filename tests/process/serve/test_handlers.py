"""Users' handlers in the real server: loaded in a thread after the fork, called from others."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.models import plain_export
from tests.support.server import running

# As AWS's examples have it: MXNet's Python front end loads the network, the rest is left out.
GLUON = """
import warnings
import mxnet as mx

def model_fn(model_dir):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mx.gluon.SymbolBlock.imports(
            f"{model_dir}/net-symbol.json", ["data"], f"{model_dir}/net-0000.params")
"""


def handled(base: Path, program: str) -> Path:
    folder = plain_export(base / "model")
    (folder / "code").mkdir()
    (folder / "code" / "inference.py").write_text(program)
    return base


def test_a_gluon_block_answers_from_every_thread_and_worker(tmp_path: Path) -> None:
    with (
        running(handled(tmp_path, GLUON), SAGEMAKER_MODEL_SERVER_WORKERS="2") as server,
        ThreadPoolExecutor(8) as pool,
    ):
        server.wait_for(lambda: server.metric("blerssi_workers_ready") == 2, "two workers")
        answers = [
            *pool.map(lambda _: server.request("POST", "/invocations", b"[[1, 2]]"), range(60))
        ]
        assert {answer.status for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1
        assert len(json.loads(answers[0].body)[0]) == 3


def test_a_handler_that_cannot_be_imported_is_never_healthy(tmp_path: Path) -> None:
    program = "import nothing_of_that_name"
    with running(handled(tmp_path, program), ping=503) as server:
        server.wait_for(lambda: "cannot be loaded" in server.log, "a log line that says why")
        refused = server.request("POST", "/invocations", b"[[1, 2]]")
        assert refused.status == 503
        assert b"No module named 'nothing_of_that_name'" in refused.body
        assert server.request("GET", "/ping").status == 503


def test_a_handler_that_fails_ends_no_worker(tmp_path: Path) -> None:
    program = "import sys\ndef predict_fn(data, model): sys.exit(1)"
    with running(handled(tmp_path, program), SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        workers = server.workers()
        for _ in range(3):
            answer = server.request("POST", "/invocations", b"[[1, 2]]")
            assert (answer.status, b"SystemExit" in answer.body) == (500, True)
        assert server.workers() == workers
        assert server.request("GET", "/ping").status == 200
