"""CreateTransformJob, DescribeTransformJob, ListTransformJobs, StopTransformJob.

A job really transforms: the model's image runs, objects are split, sent, joined and assembled.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from container.errors import UserError
from local_test.aws import listing
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, validation
from local_test.aws.sagemaker import jobs, sources, tags, transform_run
from local_test.aws.sagemaker.joining import CSV, TYPES, Processing, media_type
from local_test.aws.sagemaker.resources import MODEL, now
from local_test.aws.service import SAGEMAKER
from local_test.aws.store import Document, Table

NOUN: Final = "transform-job"
_PRODUCT_LIMIT: Final = 100  # MaxConcurrentTransforms x MaxPayloadInMB (C2.5)
_TYPES: Final = ("S3Prefix", "ManifestFile")


@SAGEMAKER.operation("CreateTransformJob")
def create_transform_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Start a job whose model and data are there, as AWS makes sure too."""
    name = given["TransformJobName"]
    arn = cloud.arn("sagemaker", f"{NOUN}/{name}")
    if name in _table(cloud):
        raise _in_use(arn)
    tags.check(given.get("Tags", ()))
    model = MODEL.find(cloud, given["ModelName"])
    if found := list(_problems(given)):
        raise validation(f"The transform job cannot run here: {'; '.join(found)}.")
    document: Document = {
        **jobs.known_members("DescribeTransformJob", given),
        "TransformJobArn": arn,
        "TransformJobStatus": jobs.IN_PROGRESS,
        "CreationTime": now(),
    }
    transform_run.source(cloud, document, model["ExecutionRoleArn"]).objects()
    sources.parsed(given["TransformOutput"]["S3OutputPath"])
    if not _table(cloud).create(name, document):
        raise _in_use(arn)
    tags.put(cloud, arn, given.get("Tags", ()))
    cloud.tasks.start(arn, lambda: transform_run.run(cloud, _table(cloud), name))
    return {"TransformJobArn": arn}


@SAGEMAKER.operation("DescribeTransformJob")
def describe_transform_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a job as it is now."""
    return _found(cloud, given["TransformJobName"])


@SAGEMAKER.operation("ListTransformJobs")
def list_transform_jobs(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a page of jobs, the newest first unless asked otherwise."""
    shown = (
        *("TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime"),
        *("TransformJobStatus", "FailureReason"),
    )
    rows = [
        {
            **{member: each.get(member) for member in shown},
            "LastModifiedTime": each.get("TransformEndTime", each["CreationTime"]),
        }
        for each in _table(cloud).list()
    ]
    found, token = listing.page(rows, given, name="TransformJobName", status="TransformJobStatus")
    return {"TransformJobSummaries": found, "NextToken": token}


@SAGEMAKER.operation("StopTransformJob")
def stop_transform_job(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Have a job stopped; what was not finished has no result."""
    name = given["TransformJobName"]
    status = _found(cloud, name)["TransformJobStatus"]

    def change(document: Document) -> None:
        nonlocal status
        status = document["TransformJobStatus"]
        if status == jobs.IN_PROGRESS:
            document["TransformJobStatus"] = jobs.STOPPING

    _table(cloud).change(name, change)
    if status in jobs.OVER:
        raise validation(
            f"The request was rejected because the transform job is in status {status}."
        )
    return {}


@SAGEMAKER.at_start
def end_what_was_cut_off(cloud: Cloud) -> None:
    """Fail the jobs that ran when the laptop was switched off without warning."""
    for name, document in _table(cloud).items():
        if document["TransformJobStatus"] not in jobs.OVER:
            _table(cloud).change(name, _cut_off)


def _cut_off(document: Document) -> None:
    document.update(
        TransformJobStatus=jobs.FAILED, FailureReason=jobs.CLOSED, TransformEndTime=now()
    )


def _table(cloud: Cloud) -> Table:
    return cloud.store.table(NOUN)


def _found(cloud: Cloud, name: str) -> Document:
    return jobs.found(_table(cloud), name, f"Could not find requested job with name: {name}")


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What AWS, or this laptop, does not take; all of it at once."""
    kind = given["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"]
    if kind not in _TYPES:
        yield f"the laptop knows no {kind} as input, only {' and '.join(_TYPES)}"
    payload, concurrency = given.get("MaxPayloadInMB", 6), given.get("MaxConcurrentTransforms", 0)
    if payload * max(1, concurrency) > _PRODUCT_LIMIT:
        yield (
            f"MaxConcurrentTransforms times MaxPayloadInMB is {payload * concurrency} MB; "
            f"at most {_PRODUCT_LIMIT} MB are allowed"
        )
    if given.get("DataCaptureConfig"):
        yield "the laptop captures no data of transform jobs (DataCaptureConfig)"
    yield from _processing_problems(given)


def _processing_problems(given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with filters and join (C2.11)."""
    try:
        processing = Processing.of(given.get("DataProcessing", {}))
    except UserError as error:
        yield f"DataProcessing: {error}"
        return
    if not (processing.changes_input or processing.changes_output):
        return
    content_type = media_type(given["TransformInput"].get("ContentType", ""))
    accept = media_type(given["TransformOutput"].get("Accept", ""))
    if content_type not in TYPES:
        yield f"DataProcessing takes a ContentType of {', '.join(TYPES)}, not {content_type!r}"
    elif processing.join and accept and (content_type == CSV) != (accept == CSV):
        yield f"JoinSource takes the same format on both sides, not {content_type} and {accept}"
    if given["TransformInput"].get("SplitType") in {"RecordIO", "TFRecord"}:
        yield f"DataProcessing does not know {given['TransformInput']['SplitType']} records"


def _in_use(arn: str) -> AwsError:
    return AwsError(
        "ResourceInUse",
        "Transform job names must be unique within an AWS account and region, and a transform job "
        f"with this name already exists ({arn}).",
    )
