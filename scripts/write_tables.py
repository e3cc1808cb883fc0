"""Writes the tables of the pages from the code: `python -m scripts.write_tables`, or `make docs`.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; a test holds pages to code.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from container import embedded_metrics, settings
from deploy import __main__ as deploy
from deploy.observability import queries
from local_test import __main__ as local_test
from serve import app, errors, media, multi_model
from serve import metrics as server_metrics
from train import hyperparameters
from train import metrics as training_metrics

_ROOT: Final = Path(__file__).resolve().parent.parent
README: Final = _ROOT / "README.md"
PAGES: Final = (
    README,
    *(_ROOT / "docs" / f"{name}.md" for name in ("kubeflow", "observability", "tuning")),
)
_PIPELINE: Final = _ROOT / "deploy" / "pipeline" / "blerssi_hybrid.yaml"
_PLACE: Final = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(?=<!-- end -->)", re.DOTALL)

Rows = Iterable[Sequence[str]]


def routes() -> Rows:
    """Every route of the server."""
    yield "Route", "Methods", "What it answers"
    for route in (*app.ROUTES, *multi_model.ROUTES):
        yield _code(route.path), ", ".join(route.methods), route.text


def formats() -> Rows:
    """Every media type, and by what other names it is known."""
    yield "Media type", "Request", "Answer", "Also known as"
    for each in media.FORMATS:
        aliases = ", ".join(map(_code, each.aliases))
        yield _code(each.media_type), each.request, each.answer, aliases


def error_codes() -> Rows:
    """Every error that a client can see."""
    yield "Code", "Status", "What it means"
    for kind in errors.Kind:
        yield _code(kind.code), str(kind.status), kind.text


def server_settings() -> Rows:
    """Every environment variable of the server."""
    yield "Variable", "Default", "Allowed", "What it does"
    for each in settings.documentation():
        yield ", ".join(map(_code, each.variables)), each.default, each.allowed, each.text


def training_parameters() -> Rows:
    """Every hyperparameter."""
    yield "Name", "Type", "Allowed", "Default", "What it does"
    for row in hyperparameters.table():
        yield _code(row.name), row.type, row.range, row.default, row.help


def tuned_parameters() -> Rows:
    """Every hyperparameter that tuning varies."""
    yield "Name", "Default", "Where tuning looks"
    for each in hyperparameters.declarations():
        if each.tuned is not None:
            yield _code(each.name), each.text, str(each.tuned)


def training_lines() -> Rows:
    """Every figure of a metric line, with the regular expression that finds it."""
    yield "Name", "Regular expression", "What it is"
    for metric in training_metrics.METRICS:
        yield _code(metric.name), _code(metric.regex), metric.help


def exposed_metrics() -> Rows:
    """Every metric of the server."""
    yield "Name", "Kind", "Labels", "What it is"
    for metric in server_metrics.METRICS:
        labels = ", ".join(map(_code, metric.labels))
        yield _code(metric.exposed), metric.kind.__name__.lower(), labels, metric.text


def commands() -> Rows:
    """Every command of the user's side."""
    yield "Command", "What it does"
    for program, known in (("local_test", local_test.COMMANDS), ("deploy", deploy.COMMANDS)):
        for name, command in known.items():
            yield _code(f"python -m {program} {name}"), command.HELP


def pipeline_parameters() -> Rows:
    """Every parameter of a run of the Kubeflow pipeline, those without a default first."""
    yield "Parameter", "Default", "What it is"
    compiled = next(yaml.safe_load_all(_PIPELINE.read_text(encoding="utf-8")))
    parameters = compiled["root"]["inputDefinitions"]["parameters"]
    for name, given in sorted(parameters.items(), key=lambda each: "defaultValue" in each[1]):
        yield _code(name), _default(given), " ".join(given["description"].split())


def _default(given: Mapping[str, Any]) -> str:
    """A parameter's default as people write it; the compiled pipeline has every number as 1.0."""
    if "defaultValue" not in given:
        return ""
    value = given["defaultValue"]
    whole = given["parameterType"] == "NUMBER_INTEGER"
    return _code(json.dumps(int(value) if whole else value))


def cloudwatch_metrics() -> Rows:
    """Every metric that the server's log has for CloudWatch."""
    yield "Name", "Unit", "What it is"
    for metric in embedded_metrics.METRICS:
        name = metric.of("FIELD") if metric.by_field else metric.name
        yield _code(name), metric.unit, metric.text


def log_queries() -> Rows:
    """Every query of an endpoint's log."""
    yield "Name", "What it shows"
    for query in queries.QUERIES:
        yield _code(query.name), query.title


TABLES: Final[dict[str, Callable[[], Rows]]] = {
    "commands": commands,
    "routes": routes,
    "formats": formats,
    "errors": error_codes,
    "settings": server_settings,
    "hyperparameters": training_parameters,
    "tuned": tuned_parameters,
    "training-metrics": training_lines,
    "server-metrics": exposed_metrics,
    "pipeline-parameters": pipeline_parameters,
    "cloudwatch-metrics": cloudwatch_metrics,
    "log-queries": log_queries,
}


def fill(text: str) -> str:
    """Give a text with every table written anew.

    Raises:
        KeyError: It asks for a table that does not exist.
    """
    return _PLACE.sub(lambda found: found[1] + _markdown(TABLES[found[2]]()), text)


def _markdown(rows: Rows) -> str:
    head, *body = (" | ".join(each.replace("|", "\\|") for each in row) for row in rows)
    rule = " | ".join("---" for _ in head.split(" | "))
    return "".join(f"| {line} |\n" for line in (head, rule, *body))


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(fill(page.read_text(encoding="utf-8")), encoding="utf-8")
