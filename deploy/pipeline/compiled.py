"""The pipeline as YAML: what a cluster runs, and what is committed beside the source."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from container.errors import UserError
from deploy.pipeline import names

COMMITTED: Final = Path(__file__).with_name("blerssi_hybrid.yaml")
_IMAGE: Final = "{{{{$.inputs.parameters['pipelinechannel--{}']}}}}"  # an image that is a parameter


def compiled() -> str:
    """Compile the pipeline from its source."""
    from kfp import compiler

    from deploy.pipeline.pipeline import hybrid

    with tempfile.TemporaryDirectory(prefix="deploy-pipeline-") as folder:
        path = Path(folder, COMMITTED.name)
        compiler.Compiler().compile(hybrid, str(path))
        return path.read_text(encoding="utf-8")


def with_images(text: str, images: Mapping[str, str]) -> str:
    """Put images in for the parameters that name them, which `kfp.local` leaves as they are.

    Args:
        text: The compiled pipeline.
        images: By the name of their parameter.
    """
    import yaml

    documents: list[dict[str, Any]] = list(yaml.safe_load_all(text))
    named = {_IMAGE.format(name): image for name, image in images.items()}
    for executor in documents[0]["deploymentSpec"]["executors"].values():
        container = executor["container"]
        container["image"] = named.get(container["image"], container["image"])
    written: str = yaml.safe_dump_all(documents, sort_keys=False)
    return written


def parameters(text: str) -> dict[str, dict[str, Any]]:
    """Give the pipeline's parameters as it declares them: `parameterType`, `defaultValue`."""
    import yaml

    first: dict[str, Any] = next(iter(yaml.safe_load_all(text)))
    found: dict[str, dict[str, Any]] = first["root"]["inputDefinitions"]["parameters"]
    return found


def arguments(text: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Turn text into values of the types that the pipeline declares, defaults added.

    Raises:
        UserError: Some are unknown, missing, or of another type; names all.
    """
    declared = parameters(text)
    wrong = [f"there is no parameter {name}" for name in given.keys() - declared.keys()]
    found = {name: _default(each) for name, each in declared.items() if "defaultValue" in each}
    for name in declared.keys() & given.keys():
        kind = declared[name]["parameterType"]
        try:
            found[name] = _value(given[name], kind)
        except ValueError:
            wrong.append(f"{name} is {given[name]!r}, which is no {kind}")
    places = (names.ON_CLUSTER, names.ON_SAGEMAKER)
    if found["train_on"] not in places:  # the compiled pipeline takes anything else for the second
        wrong.append(f"train_on is {found['train_on']!r}; {' or '.join(places)} is expected")
    missing = sorted(declared.keys() - found.keys() - given.keys())
    wrong += [f"{name} is missing" for name in missing]
    if wrong:
        raise UserError(
            f"The pipeline cannot be run: {'; '.join(sorted(wrong))}.",
            hint=f"It takes -p NAME=VALUE of {', '.join(declared)}.",
        )
    return found


def _value(text: str, kind: str) -> Any:
    match kind:
        case "STRING":
            return text
        case "NUMBER_INTEGER":
            return int(text)
        case "NUMBER_DOUBLE":
            return float(text)
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)  # noqa: TRY004 - as for numbers
    return found


def _default(declared: Mapping[str, Any]) -> Any:
    """A default as the source has it; the compiled form writes integers as 2.0."""
    value = declared["defaultValue"]
    return int(value) if declared["parameterType"] == "NUMBER_INTEGER" else value
