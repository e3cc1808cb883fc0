"""Answers a file of scans by a batch transform job, beside every record its answer.

The file is checked, put to S3 without its header and split at lines; the result is fetched, counted
and held to the input. The same file and model are the same job: a rerun, or one after Ctrl-C,
waits for it or shows its result. When a record is bad, its line is named.
"""

import argparse
import tempfile
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from container.errors import UserError
from deploy import options, plot, table
from deploy.aws import BOTO_ERRORS, Aws
from deploy.batch import blame, records, result
from deploy.batch.job import Jobs, Order, known_model, model_of
from deploy.batch.records import Records
from deploy.batch.result import Result
from deploy.endpoint import s3
from deploy.errors import DeployError, RefusedError, explained
from deploy.options import Common
from deploy.transfer import Count, size

HELP = "answer a file of scans by a batch transform job"
EXAMPLES = """examples:
  python -m deploy batch scans.csv --endpoint blerssi --output s3://BUCKET/batch
  python -m deploy batch labeled.csv --model NAME --output s3://BUCKET/batch --to answers.csv
  python -m deploy batch scans.jsonl --model NAME --output s3://BUCKET/batch --plot map.png
  python -m deploy batch scans.csv --model NAME --output s3://BUCKET/batch --plan
"""
_SHOWN: Final = 10
_EVERY: Final = 10.0  # seconds between two looks at the job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="CSV with or without a header (.csv), or JSON lines (.jsonl). All columns come back; "
        "the model gets those that the header names",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", metavar="NAME", help="a SageMaker model")
    which.add_argument("--endpoint", metavar="NAME", help="the model that this endpoint serves")
    parser.add_argument(
        "--output", required=True, metavar="s3://BUCKET/PREFIX", help="for input and results"
    )
    _add_job(parser)
    group = parser.add_argument_group("what is shown")
    group.add_argument("--to", type=Path, metavar="FILE", help="write the result there")
    group.add_argument(
        "--plot", type=Path, metavar="FILE", help=f"draw the floor: {', '.join(plot.FORMATS)}"
    )
    group.add_argument(
        "--show", type=int, default=_SHOWN, metavar="LINES", help="of the result (%(default)s)"
    )
    options.add_common(parser)


def _add_job(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the job")
    group.add_argument("--instance-type", default="ml.m5.large", metavar="TYPE", help="%(default)s")
    group.add_argument(
        "--instance-count", type=int, default=1, metavar="NUMBER", help="%(default)s"
    )
    group.add_argument("--kms-key", metavar="KEY", help="encrypt input and results with it")
    group.add_argument(
        "--input-filter", metavar="PATH", help="which columns the model gets, such as $[2:]"
    )
    group.add_argument("--no-join", action="store_true", help="answers only, without the records")
    group.add_argument(
        "--no-check", action="store_true", help="send lines without looking at each of them first"
    )
    group.add_argument(
        "--max-payload", type=int, metavar="MB", help="of a request (default: the server's advice)"
    )
    group.add_argument(
        "--seconds-per-request", type=int, default=600, metavar="SECONDS", help="%(default)s"
    )
    group.add_argument("--anew", action="store_true", help="do again what was done already")
    group.add_argument(
        "--timeout",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="wait so long (%(default)g)",
    )
    group.add_argument(
        "--every",
        type=float,
        default=_EVERY,
        metavar="SECONDS",
        help="between two looks (%(default)g)",
    )


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says; gives 0, or 1 where the job failed.

    Raises:
        ContainerError: The file cannot be sent, AWS refuses, or the result is not sound.
    """
    _check(arguments)
    given = options.common(arguments, variables)
    with tempfile.TemporaryDirectory(prefix="deploy-batch-") as folder:
        batch = _Batch(given, arguments, Path(folder))
        document = batch.run()
    given.screen.result(document | ({"plan": given.aws.planned} if given.aws.plan else {}))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    wrong = s3.problems("--output", arguments.output)
    if arguments.plot:
        plot.check(arguments.plot)
    if arguments.to and not arguments.to.parent.is_dir():
        wrong.append(f"there is no folder {arguments.to.parent} for --to")
    if wrong:
        raise UserError(f"{'; '.join(wrong)}.")


@dataclass(frozen=True)
class _Batch:
    """One run of the command."""

    given: Common
    arguments: argparse.Namespace
    folder: Path

    def run(self) -> dict[str, Any]:
        arguments, aws = self.arguments, self.given.aws
        body = self.folder / "records"
        sent = records.prepare(
            arguments.file, body, pick=arguments.input_filter, check=not arguments.no_check
        )
        self.given.screen.say(f"{sent.name}: {sent.count:,} records, {size(body.stat().st_size)}.")
        model = known_model(aws, arguments.model or model_of(aws, arguments.endpoint))
        order = self._order(sent, model)
        self._upload(body, order)
        jobs = Jobs(aws, self.given.screen, self.given.tags)
        name = jobs.start(order, anew=arguments.anew)
        document = {"job": name, "model": model, "input": order.source}
        if aws.plan:
            return document | {"records": sent.count}
        described = jobs.wait(name, arguments.timeout, arguments.every)
        if described["TransformJobStatus"] != "Completed":
            raise blame.explained(aws, described, sent)
        output = s3.below(order.result(name), f"{Path(order.source).name}.out")
        found = self._result(sent, output)
        self._show(found, output)
        return document | {"output": output} | found.to_dict()

    def _order(self, sent: Records, model: str) -> Order:
        arguments = self.arguments
        place = s3.below(arguments.output, "inputs", sent.digest[:16], sent.name)
        return Order(
            model=model,
            source=place,
            media_type=sent.layout.media_type,
            output=arguments.output,
            pick=sent.layout.pick,
            join=not arguments.no_join,
            instance_type=arguments.instance_type,
            instance_count=arguments.instance_count,
            kms_key=arguments.kms_key,
            seconds_per_request=arguments.seconds_per_request,
            max_payload=arguments.max_payload,
            digest=sent.digest,
        )

    def _upload(self, body: Path, order: Order) -> None:
        """Put the records where the job reads them; their key follows from their content."""
        bucket, key = s3.split(order.source)
        place = {"Bucket": bucket, "Key": key}
        extra = {
            "ContentType": order.media_type,
            "Tagging": urllib.parse.urlencode(self.given.tags),
            **_encryption(order.kms_key),
        }
        if self.given.aws.plan:
            self.given.aws.note("s3", "PutObject", **place, **extra)
            return
        total = body.stat().st_size
        if self._is_there(place, total):
            self.given.screen.say(f"{order.source} is there already.")
            return
        count = Count(self.given.screen, f"Uploading {Path(key).name}", total)
        try:
            self.given.aws.client("s3").upload_file(
                str(body), bucket, key, ExtraArgs=extra, Callback=count
            )
        except BOTO_ERRORS as error:
            raise explained(error, "s3:PutObject", place) from error
        finally:
            self.given.screen.clear()

    def _is_there(self, place: Mapping[str, str], size: int) -> bool:
        try:
            found = self.given.aws.read("s3", "HeadObject", **place)
        except RefusedError:  # not there, or it may not be looked at: writing it decides
            return False
        return bool(found["ContentLength"] == size)

    def _result(self, sent: Records, output: str) -> Result:
        local = self.folder / "result"
        _download(self.given.aws, output, local)
        return result.check(sent, local, self.arguments.to, join=not self.arguments.no_join)

    def _show(self, found: Result, output: str) -> None:
        arguments, say = self.arguments, self.given.screen.say
        rows = table.answers(found.scans[: arguments.show], found.shown[: arguments.show], 0)
        more = found.count - min(arguments.show, found.count)
        say(rows + (f"\n... and {more:,} more" if more else ""))
        counts = ", ".join(f"{number:,} {status}" for status, number in found.statuses.items())
        say(f"\n{found.count:,} answers, one for each record and in their order: {counts}.")
        if found.judged:
            say(
                f"Of {found.judged:,} with a known cell {found.right:,} are in it; "
                f"{found.distance / found.judged:.2f} cells off on average."
            )
        say(f"result: {output}" + (f"\nwritten: {arguments.to}" if arguments.to else ""))
        if arguments.plot:
            plot.save(arguments.plot, found.shown, title=arguments.file.name)
            say(f"drawn: {arguments.plot}")


def _download(aws: Aws, uri: str, target: Path) -> None:
    bucket, key = s3.split(uri)
    place = {"Bucket": bucket, "Key": key}
    try:
        aws.client("s3").download_file(bucket, key, str(target))
    except BOTO_ERRORS as error:
        found = explained(error, "s3:GetObject", place)
        raise DeployError(f"The result cannot be fetched: {found}") from error


def _encryption(kms_key: str | None) -> dict[str, str]:
    if kms_key is None:
        return {"ServerSideEncryption": "AES256"}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
