"""The body of an endpoint's dashboard.

Its structure is laid down in the CloudWatch API reference:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html

Shares are quotients of sums, so that they are right over all workers and instances.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from container import embedded_metrics as ours
from container.embedded_metrics import EmbeddedMetric
from deploy.endpoint.alarms import NAMESPACE as SAGEMAKER
from deploy.endpoint.config import VARIANT
from deploy.observability.queries import BAD_ROWS, ERRORS, SLOWEST, Query

PERIOD: Final = 60  # seconds: our lines come once a minute
_MACHINES: Final = "/aws/sagemaker/Endpoints"  # the namespace of processors and memory
_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3

Line = list[Any]  # of a graph: namespace, metric, dimensions, and how it is drawn


def body(endpoint: str, region: str) -> dict[str, Any]:
    """Describe the dashboard of an endpoint.

    Args:
        endpoint: Its name.
        region: Where it is.
    """
    found = [*_graphs(endpoint, region), *_tables(endpoint, region)]
    return {
        "start": "-PT3H",
        "periodOverride": "inherit",
        "widgets": [{**_place(number), **widget} for number, widget in enumerate(found)],
    }


def _graphs(endpoint: str, region: str) -> Iterable[dict[str, Any]]:
    calls = _Calls(endpoint)
    yield _graph(region, "Requests", [calls.line("Invocations", "Sum")])
    yield _graph(
        region,
        "Errors",
        [
            calls.line(name, "Sum")
            for name in ("Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
        ],
    )
    yield _graph(
        region,
        "Latency as SageMaker measures it (microseconds)",
        [
            calls.line("ModelLatency", "p50", label="model p50"),
            calls.line("ModelLatency", "p99", label="model p99"),
            calls.line("OverheadLatency", "p99", label="overhead p99"),
        ],
    )
    yield _graph(region, "Predictions", [_own(endpoint, ours.PREDICTIONS, "Sum")])
    yield _graph(
        region,
        "Latency in the container (milliseconds)",
        [
            _own(endpoint, ours.LATENCY, "p50", label="p50"),
            _own(endpoint, ours.LATENCY, "p99", label="p99"),
        ],
    )
    yield _graph(region, "Confidence: mean of the highest probability", _confidence(endpoint))
    yield _graph(region, "Answers that are no place (%)", _statuses(endpoint))
    yield _graph(region, "Missing readings by field (%)", _missing(endpoint))
    yield _graph(
        region,
        "Machines (%)",
        [
            [_MACHINES, name, *calls.dimensions, {"stat": "Average"}]
            for name in ("CPUUtilization", "MemoryUtilization")
        ],
    )


class _Calls:
    """SageMaker's own metrics of an endpoint."""

    def __init__(self, endpoint: str) -> None:
        self.dimensions = ("EndpointName", endpoint, "VariantName", VARIANT)

    def line(self, metric: str, stat: str, **drawn: Any) -> Line:
        return [SAGEMAKER, metric, *self.dimensions, {"stat": stat, **drawn}]


def _own(endpoint: str, metric: EmbeddedMetric, stat: str, **drawn: Any) -> Line:
    return [ours.NAMESPACE, metric.name, ours.ENDPOINT_NAME, endpoint, {"stat": stat, **drawn}]


def _hidden(endpoint: str, metric: EmbeddedMetric, identity: str) -> Line:
    """A sum that only expressions see."""
    return _own(endpoint, metric, "Sum", id=identity, visible=False)


def _expression(text: str, label: str, identity: str) -> Line:
    return [{"expression": text, "label": label, "id": identity}]


def _confidence(endpoint: str) -> list[Line]:
    return [
        _hidden(endpoint, ours.PREDICTIONS, "predictions"),
        _hidden(endpoint, ours.CONFIDENCE, "confidence"),
        _expression("confidence / predictions", "confidence", "mean"),
    ]


def _statuses(endpoint: str) -> list[Line]:
    return [
        _hidden(endpoint, ours.PREDICTIONS, "predictions"),
        _hidden(endpoint, ours.NO_SIGNAL, "silent"),
        _hidden(endpoint, ours.OUT_OF_COVERAGE, "outside"),
        _expression("100 * silent / predictions", "no signal", "silentShare"),
        _expression("100 * outside / predictions", "out of coverage", "outsideShare"),
    ]


def _missing(endpoint: str) -> list[Line]:
    """Whatever fields the model has: they are searched for, as the dashboard does not know them."""
    schema = f"{{{ours.NAMESPACE},{ours.ENDPOINT_NAME}}}"
    # Without quotes the metric's name is found by a part of it, and the endpoint's by all of it.
    wanted = f'{ours.ENDPOINT_NAME}="{endpoint}" MetricName={ours.MISSING.name}'
    search = f"SEARCH('{schema} {wanted}', 'Sum', {PERIOD})"
    return [
        _hidden(endpoint, ours.PREDICTIONS, "predictions"),
        _expression(f"100 * {search} / predictions", "", "missing"),
    ]


def _tables(endpoint: str, region: str) -> Iterable[dict[str, Any]]:
    for query in (ERRORS, SLOWEST, BAD_ROWS):
        yield _table(endpoint, region, query)


def _table(endpoint: str, region: str, query: Query) -> dict[str, Any]:
    properties = {
        "title": query.title,
        "region": region,
        "query": query.widget(endpoint),
        "view": "table",
    }
    return {"type": "log", "properties": properties}


def _graph(region: str, title: str, lines: Sequence[Line]) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": region,
        "view": "timeSeries",
        "period": PERIOD,
        "metrics": list(lines),
        "yAxis": {"left": {"min": 0}},
    }
    return {"type": "metric", "properties": properties}


def _place(number: int) -> dict[str, int]:
    row, column = divmod(number, _COLUMNS)
    return {"x": column * _WIDTH, "y": row * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
