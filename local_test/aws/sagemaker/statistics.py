"""What CloudWatch knows of a metric, percentiles included, read from moto's memory.

moto's own GetMetricStatistics has no percentiles and counts periods from the first datapoint.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_test.aws import moto_services
from local_test.aws.cloud import Cloud

_MOST = 100_000  # datapoints that are kept, of all metrics together
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


@dataclass(frozen=True)
class Query:
    """One statistic of one metric.

    Attributes:
        namespace: Such as `AWS/SageMaker`.
        metric: Its name.
        dimensions: Names and values; exactly these, as CloudWatch has it.
        statistic: `Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile: `p99.9`.
    """

    namespace: str
    metric: str
    dimensions: frozenset[tuple[str, str]]
    statistic: str


def value(cloud: Cloud, query: Query, start: datetime, end: datetime) -> float | None:
    """Give a statistic of what was measured from `start` on and before `end`; None for nothing."""
    from moto.cloudwatch.models import MetricAggregatedDatum, cloudwatch_backends

    single, sums, most, least, count = [], 0.0, -math.inf, math.inf, 0.0
    with moto_services.LOCK:
        backend = cloudwatch_backends[cloud.account][cloud.region]
        del backend.metric_data[:-_MOST]
        found = [each for each in backend.metric_data if _matches(each, query, start, end)]
    for each in found:
        if isinstance(each, MetricAggregatedDatum):
            sums, count = sums + each.sum, count + each.sample_count
            least, most = min(least, each.min), max(most, each.max)
            single += [each.min, each.max]
        else:
            sums, count = sums + each.value, count + 1
            least, most = min(least, each.value), max(most, each.value)
            single.append(each.value)
    if not count:
        return None
    plain = {
        "Sum": sums,
        "Average": sums / count,
        "Minimum": least,
        "Maximum": most,
        "SampleCount": count,
    }
    if query.statistic in plain:
        return plain[query.statistic]
    return percentile(single, query.statistic)


def percentile(values: Iterable[float], statistic: str) -> float | None:
    """Give a percentile such as `p99`: the least value that so many percent do not exceed.

    None for a statistic that is none of those.
    """
    ordered = sorted(values)
    if (wanted := _PERCENTILE.fullmatch(statistic)) is None or not ordered:
        return None
    rank = math.ceil(float(wanted[1]) / 100 * len(ordered))
    return ordered[max(rank, 1) - 1]


def _matches(datum: Any, query: Query, start: datetime, end: datetime) -> bool:
    return (
        datum.name == query.metric
        and datum.namespace == query.namespace
        and start <= _aware(datum.timestamp) < end
        and {(each.name, each.value) for each in datum.dimensions} == query.dimensions
    )


def _aware(moment: datetime) -> datetime:
    """Take a time without a zone, as moto reads them from a request, for what it is: UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
