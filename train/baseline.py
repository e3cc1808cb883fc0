"""What the training scans were like, as SageMaker Model Monitor's baseline has it.

    statistics.json     of each input: how often it is there, its mean, spread and distribution
    constraints.json    what later traffic is held to: type, completeness, sign, drift

Both follow the SageMaker developer guide, "Schema for Statistics" and "Schema for Constraints":
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
They are plain JSON, and good for any other comparison of traffic with training, too.
"""

import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model.signature import InputSpec
from train.writing import writing

STATISTICS: Final = "statistics.json"
CONSTRAINTS: Final = "constraints.json"

_VERSION: Final = 0
_BUCKETS: Final = 10  # as Model Monitor's own container has them
_SKETCH: Final = 2048  # values that the sketch's last level keeps at most: k
_SHRINKING: Final = 0.64  # of each level below it: c
_MONITORING: Final = {  # the documented defaults
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    "datatype_check_threshold": 0.1,
    "domain_content_threshold": 0.1,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
    },
}

Array = npt.NDArray[np.float64]


def write(folder: Path, spec: InputSpec, rows: npt.NDArray[Any]) -> None:
    """Write both files.

    Args:
        folder: Where they go; it must be there.
        spec: The inputs, and what stands for a missing one.
        rows: (N, fields), N at least 1.

    Raises:
        PlatformError: They cannot be written.
    """
    with writing("The baseline of the training data", folder):
        for name, content in (
            (STATISTICS, statistics(spec, rows)),
            (CONSTRAINTS, constraints(spec, rows)),
        ):
            text = json.dumps(content, indent=1, allow_nan=False)
            (folder / name).write_text(f"{text}\n", encoding="utf-8")


def statistics(spec: InputSpec, rows: npt.NDArray[Any]) -> dict[str, Any]:
    """Describe each input; see `write` for the arguments."""
    return {
        "version": _VERSION,
        "dataset": {"item_count": len(rows)},
        "features": [
            {
                "name": field.name,
                "inferred_type": _type(present),
                "numerical_statistics": _numbers(present, len(rows)),
            }
            for field, present in zip(spec.fields, _present(spec, rows), strict=True)
        ],
    }


def constraints(spec: InputSpec, rows: npt.NDArray[Any]) -> dict[str, Any]:
    """Say what later traffic is held to; see `write` for the arguments."""
    return {
        "version": _VERSION,
        "features": [
            {
                "name": field.name,
                "inferred_type": _type(present),
                "completeness": len(present) / len(rows),
                "num_constraints": {"is_non_negative": bool(len(present) and present.min() >= 0)},
            }
            for field, present in zip(spec.fields, _present(spec, rows), strict=True)
        ],
        "monitoring_config": _MONITORING,
    }


def sketch(values: Array) -> list[list[float]]:
    """Keep a few of many values so that quantiles hardly change: a KLL sketch.

    Args:
        values: (N,) in any order.

    Returns:
        Levels; each value of level h stands for 2^h of those that were given.
    """
    levels = [values]
    kept = 0
    while (full := _fullest(levels)) is not None:
        ordered = np.sort(levels[full])
        even = len(ordered) - len(ordered) % 2
        if full + 1 == len(levels):
            levels.append(np.empty(0))
        levels[full + 1] = np.concatenate([levels[full + 1], ordered[kept:even:2]])
        levels[full] = ordered[even:]
        kept = 1 - kept  # now the smaller ones of the pairs, now the larger ones
    return [np.sort(each).tolist() for each in levels]


def _fullest(levels: list[Array]) -> int | None:
    """The lowest level that has more values than it may keep."""
    for height, level in enumerate(levels):
        most = math.ceil(_SKETCH * _SHRINKING ** (len(levels) - height - 1)) + 1
        if len(level) > most:
            return height
    return None


def _present(spec: InputSpec, rows: npt.NDArray[Any]) -> list[Array]:
    """The readings of each input, missing ones left out."""
    table = np.asarray(rows, np.float64)
    return [column[column != spec.missing] for column in table.T]


def _type(present: Array) -> str:
    if not len(present):
        return "Unknown"
    return "Integral" if (present == np.round(present)).all() else "Fractional"


def _numbers(present: Array, rows: int) -> dict[str, Any]:
    common = {"num_present": len(present), "num_missing": rows - len(present)}
    if not len(present):
        return {"common": common}
    counts, edges = np.histogram(present, _BUCKETS)
    buckets = [
        {"lower_bound": low, "upper_bound": high, "count": count}
        for low, high, count in zip(
            edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True
        )
    ]
    kept = {"parameters": {"c": _SHRINKING, "k": float(_SKETCH)}, "data": sketch(present)}
    return {
        "common": common,
        "mean": float(present.mean()),
        "sum": float(present.sum()),
        "std_dev": float(present.std()),
        "min": float(present.min()),
        "max": float(present.max()),
        "distribution": {"kll": {"buckets": buckets, "sketch": kept}},
    }
