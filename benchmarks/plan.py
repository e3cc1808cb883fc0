"""How often and for how long each thing is measured."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Plan:
    """The amounts of one run.

    Attributes:
        name: `full` or `quick`.
        rounds: Of every measurement whose subjects take turns.
        seconds: Of load in each round.
        warm_seconds: Of load before the first round.
        connections: For throughput, ascending.
        starts: How often each server is started from nothing.
        batch_rows: Rows of the batch in one request.
        large_rows: Rows of the batch in pieces.
        piece_megabytes: Size of these pieces.
        peer_rows: Rows of a batch for the AWS toolkit, which computes one at a time.
        workers: Numbers of workers whose memory is looked at.
        models: Numbers of models in a multi-model container, ascending.
        large_model: Whether a model of some megabytes is loaded so often as well.
        growth_rows: Rows of a request, ascending.
        calls: Calls in a row when something is timed inside a process.
        epochs: Lengths of our training that are tried, ascending.
        seeds: Splits on which training is compared.
    """

    name: str
    rounds: int
    seconds: float
    warm_seconds: float
    connections: tuple[int, ...]
    starts: int
    batch_rows: int
    large_rows: int
    piece_megabytes: int
    peer_rows: int
    workers: tuple[int, ...]
    models: tuple[int, ...]
    large_model: bool
    growth_rows: tuple[int, ...]
    calls: int
    epochs: tuple[int, ...]
    seeds: int


FULL: Final = Plan(
    name="full",
    rounds=5,
    seconds=2.0,
    warm_seconds=1.0,
    connections=(1, 2, 4, 8, 16, 32, 64),
    starts=5,
    batch_rows=100_000,
    large_rows=1_000_000,
    piece_megabytes=25,
    peer_rows=2_000,
    workers=(1, 2, 3, 4),
    models=(1, 2, 4, 8, 16),
    large_model=True,
    growth_rows=(1, 8, 64, 512, 4096, 32_768),
    calls=2_000,
    epochs=(1, 2, 3, 5, 10),
    seeds=3,
)
QUICK: Final = Plan(
    name="quick",
    rounds=2,
    seconds=0.4,
    warm_seconds=0.2,
    connections=(8, 64),
    starts=1,
    batch_rows=20_000,
    large_rows=60_000,
    piece_megabytes=2,
    peer_rows=200,
    workers=(1, 2),
    models=(1, 4),
    large_model=False,
    growth_rows=(1, 64, 4096),
    calls=300,
    epochs=(1, 10),
    seeds=1,
)
