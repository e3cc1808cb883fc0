"""One object of a transform job: split, sent, joined, assembled, in its order (C2.8 - C2.14)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, Final

from container.errors import UserError
from local_test.aws.sagemaker import joining, records
from local_test.aws.sagemaker.joining import CSV, LINES, Processing
from local_test.aws.sagemaker.records import Batch
from local_test.aws.sagemaker.transform_caller import Call, Caller, CallError
from local_test.client import Answer

_DEFAULTS: Final = {  # C2.4
    "MaxConcurrentTransforms": 1,
    "BatchStrategy": "MULTI_RECORD",
    "MaxPayloadInMB": 6,
}
STRATEGIES: Final = {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}
_SECONDS: Final = 600  # for one request (C2.7)
_RETRIES: Final = 3
_LOOK_SECONDS: Final = 0.2  # between two looks while an answer is waited for


class ObjectError(Exception):
    """Why an object has no result; the message says who can mend it."""


@dataclass(frozen=True)
class Plan:
    """How a job treats its objects.

    Attributes:
        split: SplitType.
        single: Whether every request holds one record.
        limit: The largest request in bytes, 0 for any.
        concurrency: How many requests are on their way at once.
        unzip: Whether objects are Gzip.
        lines: Whether a line end follows every answer (C2.9).
        content_type: Of the objects, and of requests.
        processing: Filters and join.
    """

    split: str
    single: bool
    limit: int
    concurrency: int
    unzip: bool
    lines: bool
    content_type: str
    processing: Processing

    @classmethod
    def of(cls, given: Mapping[str, Any], said: Mapping[str, Any]) -> "Plan":
        """Make the plan of a job: it goes before the container, and that before defaults (C2.4).

        Args:
            given: The job.
            said: What the container's /execution-parameters said.
        """
        chosen = {**_DEFAULTS, **said, **settings(given)}
        concurrency = int(chosen["MaxConcurrentTransforms"])
        source, output = given["TransformInput"], given["TransformOutput"]
        return cls(
            split=source.get("SplitType", "None"),
            single=chosen["BatchStrategy"] == "SINGLE_RECORD",
            limit=int(chosen["MaxPayloadInMB"]) * records.MEGABYTE,
            concurrency=max(1, concurrency),
            unzip=source.get("CompressionType") == "Gzip",
            lines=output.get("AssembleWith") == "Line",
            content_type=source.get("ContentType", ""),
            processing=Processing.of(given.get("DataProcessing", {})),
        )

    def __str__(self) -> str:
        strategy = "SINGLE_RECORD" if self.single else "MULTI_RECORD"
        return (
            f"MaxConcurrentTransforms={self.concurrency}, "
            f"MaxPayloadInMB={self.limit // records.MEGABYTE}, BatchStrategy={strategy}"
        )

    def batches(self, chunks: Iterable[bytes]) -> Iterator[Batch]:
        """Cut an object into requests.

        Raises:
            UserError: It cannot be cut so.
        """
        stream = records.unzipped(chunks) if self.unzip else chunks
        whole = self.split == "None"
        if whole and self._by_lines:  # filters and joins go by records all the same
            for batch in records.batches(records.split(stream, "Line"), limit=0, single=False):
                records.check_size(len(batch.body), self.limit, "The object")
                yield batch
            return
        found = records.split(stream, self.split)
        yield from records.batches(found, limit=self.limit, single=self.single or whole)

    def bodies(self, batch: Batch) -> list[bytes]:
        """What is sent of each record.

        Raises:
            UserError: A record cannot be filtered.
        """
        return [
            _named(number, partial(self.processing.before, each, self.content_type))
            for number, each in enumerate(batch.records, start=batch.first)
        ]

    def result(self, batch: Batch, answer: Answer) -> bytes:
        """What is kept of an answer.

        Raises:
            UserError: It cannot be joined or filtered.
        """
        if not self.processing.changes_output:
            return answer.body + (b"\n" if self.lines else b"")
        pairs = zip(
            batch.records,
            joining.answers(answer.body, answer.content_type, len(batch.records)),
            strict=True,
        )
        kept = [
            _named(
                number,
                partial(
                    self.processing.after, record, found, self.content_type, answer.content_type
                ),
            )
            for number, (record, found) in enumerate(pairs, start=batch.first)
        ]
        end = b"\n" if self.lines or answer.body.endswith(b"\n") else b""
        return b"\n".join(kept) + end

    @property
    def _by_lines(self) -> bool:
        changes = self.processing.changes_input or self.processing.changes_output
        return changes and joining.media_type(self.content_type) in {CSV, LINES}


def transform(
    plan: Plan, caller: Caller, chunks: Iterable[bytes], output: BinaryIO, look: Callable[[], None]
) -> int:
    """Transform one object; gives the number of its records.

    Args:
        plan: How.
        caller: Asks the model; it is closed afterwards.
        chunks: The object.
        output: Takes the result.
        look: Called while answers are waited for; raises what ends the job.

    Raises:
        ObjectError: It cannot be transformed.
    """
    number = 0
    waiting = deque[_Sent]()
    with ThreadPoolExecutor(plan.concurrency) as pool:
        try:
            for batch in plan.batches(chunks):
                if len(waiting) >= plan.concurrency:
                    output.write(_kept(plan, caller, waiting.popleft(), look))
                bodies = plan.bodies(batch)
                waiting.append(_Sent(batch, bodies, pool.submit(caller.ask, b"".join(bodies))))
                number = batch.last
            while waiting:
                output.write(_kept(plan, caller, waiting.popleft(), look))
        except UserError as error:
            raise ObjectError(f"ClientError: {error}") from error
        finally:
            for each in waiting:
                each.future.cancel()
            caller.close()  # what is on its way is not waited for
    return number


def calls(given: Mapping[str, Any], plan: Plan) -> Call:
    """How a job calls its containers (C2.7)."""
    patience = given.get("ModelClientConfig", {})
    return Call(
        plan.content_type,
        given["TransformOutput"].get("Accept", ""),
        patience.get("InvocationsTimeoutInSeconds", _SECONDS),
        patience.get("InvocationsMaxRetries", _RETRIES),
        chunked=plan.limit == 0,
    )


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a job itself chooses, as /execution-parameters calls it; 0 transforms mean unset."""
    chosen = {
        "MaxConcurrentTransforms": given.get("MaxConcurrentTransforms") or None,
        "BatchStrategy": STRATEGIES.get(given.get("BatchStrategy", "")),
        "MaxPayloadInMB": given.get("MaxPayloadInMB"),
    }
    return {name: value for name, value in chosen.items() if value is not None}


@dataclass(frozen=True)
class _Sent:
    """A request on its way."""

    batch: Batch
    bodies: list[bytes]
    future: Future[Answer]


def _kept(plan: Plan, caller: Caller, sent: _Sent, look: Callable[[], None]) -> bytes:
    """Wait for an answer and give what is kept of it."""
    try:
        while not sent.future.done():
            look()
            futures.wait([sent.future], _LOOK_SECONDS)
        return plan.result(sent.batch, sent.future.result())
    except CallError as error:
        raise ObjectError(
            f"{error.kind}: {caller.blame(sent.batch, sent.bodies, error)}"
        ) from error


def _named(number: int, function: Callable[[], bytes]) -> bytes:
    try:
        return function()
    except UserError as error:
        raise UserError(f"record {number}: {error.message}", hint=error.hint) from error
