"""The baseline of Model Monitor: its documented schema, and figures that are right."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from container.errors import PlatformError
from model.signature import Field, InputSpec
from train import baseline

SPEC = InputSpec(tuple(Field(name, -120, -10) for name in ("a", "b", "c")), missing=-200)
ROWS = np.asarray([[-70, -200, -200], [-80, -60.5, -200], [-90, -200, -200]], np.float32)


def required(**members: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def listed(item: Any, **more: int) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


# After the developer guide: see the addresses in train/baseline.py.
NUMBER: Final = {"type": "number"}
COUNT: Final = {"type": "integer", "minimum": 0}
COMMON: Final = required(num_present=COUNT, num_missing=COUNT)
BUCKET: Final = required(lower_bound=NUMBER, upper_bound=NUMBER, count=COUNT)
SKETCH: Final = required(parameters=required(c=NUMBER, k=NUMBER), data=listed(listed(NUMBER)))
KLL: Final = required(buckets=listed(BUCKET, minItems=10, maxItems=10), sketch=SKETCH)
NUMERICAL: Final = required(
    common=COMMON,
    **dict.fromkeys(("mean", "sum", "std_dev", "min", "max"), NUMBER),
    distribution=required(kll=KLL),
)
NAME: Final = {"type": "string"}
KNOWN: Final = {"enum": ["Integral", "Fractional"]}
UNKNOWN: Final = {"const": "Unknown"}
STATISTICS: Final = required(
    version={"const": 0},
    dataset=required(item_count=COUNT),
    features=listed(
        {
            "oneOf": [
                required(name=NAME, inferred_type=KNOWN, numerical_statistics=NUMERICAL),
                required(
                    name=NAME, inferred_type=UNKNOWN, numerical_statistics=required(common=COMMON)
                ),
            ]
        }
    ),
)
SWITCH: Final = {"enum": ["Enabled", "Disabled"]}
CONSTRAINTS: Final = required(
    version={"const": 0},
    features=listed(
        required(
            name=NAME,
            inferred_type={"anyOf": [KNOWN, UNKNOWN]},
            completeness={"type": "number", "minimum": 0, "maximum": 1},
            num_constraints=required(is_non_negative={"type": "boolean"}),
        )
    ),
    monitoring_config=required(
        evaluate_constraints=SWITCH,
        emit_metrics=SWITCH,
        datatype_check_threshold=NUMBER,
        domain_content_threshold=NUMBER,
        distribution_constraints=required(
            perform_comparison=SWITCH,
            comparison_threshold=NUMBER,
            comparison_method={"enum": ["Simple", "Robust"]},
        ),
    ),
)


def test_the_files_are_what_is_documented(tmp_path: Path) -> None:
    baseline.write(tmp_path, SPEC, ROWS)
    for name, schema in ((baseline.STATISTICS, STATISTICS), (baseline.CONSTRAINTS, CONSTRAINTS)):
        Draft202012Validator(schema).validate(json.loads((tmp_path / name).read_text()))


def test_inputs_are_described_by_the_readings_that_are_there() -> None:
    first, second, third = baseline.statistics(SPEC, ROWS)["features"]
    assert [each["inferred_type"] for each in (first, second, third)] == [
        *("Integral", "Fractional", "Unknown")
    ]
    numbers = first["numerical_statistics"]
    assert numbers["common"] == {"num_present": 3, "num_missing": 0}
    assert (numbers["mean"], numbers["sum"]) == (-80, -240)
    assert (numbers["min"], numbers["max"]) == (-90, -70)
    assert numbers["std_dev"] == pytest.approx(np.std([70, 80, 90]))
    kll = numbers["distribution"]["kll"]
    assert sum(each["count"] for each in kll["buckets"]) == 3
    assert (kll["buckets"][0]["lower_bound"], kll["buckets"][-1]["upper_bound"]) == (-90, -70)
    assert kll["sketch"]["data"] == [[-90, -80, -70]]
    assert third["numerical_statistics"] == {"common": {"num_present": 0, "num_missing": 3}}


def test_constraints_are_completeness_and_sign() -> None:
    found = baseline.constraints(SPEC, ROWS)["features"]
    assert [each["completeness"] for each in found] == pytest.approx([1, 1 / 3, 0])
    assert not any(each["num_constraints"]["is_non_negative"] for each in found)
    (positive,) = baseline.constraints(InputSpec((Field("a", 0, 9),), -1), [[3.0]])["features"]  # type: ignore[arg-type]
    assert positive["num_constraints"]["is_non_negative"]


@pytest.mark.parametrize("count", [1, 2049, 2050, 30_001, 200_000])
def test_a_sketch_keeps_few_values_and_all_quantiles(count: int) -> None:
    values = np.random.default_rng(0).normal(size=count)
    levels = baseline.sketch(values)
    kept = np.concatenate([np.asarray(each) for each in levels])
    weights = np.concatenate([np.full(len(each), 2**h) for h, each in enumerate(levels)])
    assert weights.sum() == count
    assert len(kept) <= 3 * 2048
    order = np.argsort(kept)
    ranks = np.cumsum(weights[order]) / count
    true = np.searchsorted(np.sort(values), kept[order], side="right") / count
    assert np.abs(ranks - true).max() < 0.005


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="baseline of the training data"):
        baseline.write(tmp_path / "missing", SPEC, ROWS)
