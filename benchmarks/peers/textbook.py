"""A bring-your-own container as tutorials build it: Flask, gunicorn, and Gluon for the model.

The model is loaded by the first request that a worker gets, /ping usually, and computes under a
lock. Run as `gunicorn --preload=no benchmarks.peers.textbook:app`; MODEL_DIR names the model.
"""

import os
import threading
from typing import Any

import numpy as np
from flask import Flask, Response, jsonify, request


class Service:
    """Holds the model of one worker."""

    _net: Any = None
    _lock = threading.Lock()

    @classmethod
    def predict(cls, rows: list[list[float]]) -> list[list[float]]:
        """The probabilities of each row."""
        with cls._lock:
            mx = _mxnet()
            if cls._net is None:
                cls._net = _load(mx, os.environ["MODEL_DIR"])
            outputs = cls._net(mx.nd.array(rows))
            first = outputs[0] if isinstance(outputs, list) else outputs
            answers: list[list[float]] = first.asnumpy().tolist()
            return answers


app = Flask(__name__)


@app.get("/ping")
def ping() -> Response:
    """Healthy once the model answers."""
    Service.predict([[-200.0] * 13])
    return Response("\n", mimetype="application/json")


@app.post("/invocations")
def invocations() -> Response:
    """Answer the rows of a JSON document."""
    return jsonify({"predictions": Service.predict(request.get_json()["instances"])})


def _mxnet() -> Any:
    if "bool" not in vars(np):
        vars(np)["bool"] = bool  # MXNet 1.9.1 reads it; numpy 1.24 removed it
    import mxnet

    return mxnet


def _load(mx: Any, folder: str) -> Any:
    net = mx.gluon.nn.SymbolBlock.imports(
        f"{folder}/model-symbol.json", ["data"], f"{folder}/model-0000.params"
    )
    net.hybridize(static_alloc=True, static_shape=True)
    return net
