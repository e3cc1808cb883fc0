"""Memory: of workers, and of models in a multi-model container."""

import json
import shutil
from pathlib import Path

from benchmarks import load, materials, processes, samples, subjects
from benchmarks.bench import Bench, Figures
from benchmarks.materials import Model
from benchmarks.subjects import OURS, SUBJECTS, Running

_CONNECTIONS = 8


def measure(bench: Bench) -> Figures:
    """Count the pages of ours (PSS of the process tree).

    Returns:
        `workers`: megabytes by number of workers; `each_worker_mb`: of one more;
        `models`: by the model's name its `file_mb`, megabytes `by_number` of models, and what one
        more takes in relation to its file, `each_to_file`.
    """
    by_workers = {str(number): _with_workers(bench, number) for number in bench.plan.workers}
    models = {"model": _with_models(bench, bench.model)}
    if bench.plan.large_model:
        models["large"] = _with_models(bench, bench.large)
    return {
        "workers": by_workers,
        "each_worker_mb": samples.step({int(n): mb for n, mb in by_workers.items()}),
        "models": models,
    }


def _with_workers(bench: Bench, number: int) -> float:
    bench.say(f"memory of {number} workers")
    with subjects.started(SUBJECTS[OURS], bench.model, bench.scratch, number) as running:
        request = running.subject.one_row()
        load.drive(running.port, request, _CONNECTIONS * number, bench.plan.warm_seconds)
        return processes.pss_bytes(running.pid) / 1e6


def _with_models(bench: Bench, model: Model) -> Figures:
    bench.say(f"memory of models of {model.parameter_bytes / 1e6:.1f} MB")
    file_mb, found = model.parameter_bytes / 1e6, {}
    with subjects.started(
        SUBJECTS[OURS], model, bench.scratch, SAGEMAKER_MULTI_MODEL="true"
    ) as running:
        for number in range(1, max(bench.plan.models) + 1):
            load_model(running, f"model-{number}", copied(model, number))
            if number in bench.plan.models:
                found[str(number)] = processes.pss_bytes(running.pid) / 1e6
    each = samples.step({int(number): mb for number, mb in found.items()})
    return {"file_mb": file_mb, "by_number": found, "each_to_file": each / file_mb}


def load_model(running: Running, name: str, folder: Path) -> None:
    """Have a multi-model container load a model, and ask it once (C3)."""
    order = json.dumps({"model_name": name, "url": str(folder)}).encode()
    load.ask(running.port, load.message("/models", order, "application/json"))
    body = materials.as_json(materials.scans(1))
    load.ask(running.port, load.message(f"/models/{name}/invoke", body, "application/json"))


def copied(model: Model, number: int) -> Path:
    """A copy of a model's folder where the platform unpacks each model (C3)."""
    folder = model.base / "models" / str(number) / "model"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model.folder, folder)
    return folder
