"""One transform job, from the instances to the last object: what is behind CreateTransformJob.

    objects of S3 ──▶ instance 1: container ──▶ <key>.out
                 └──▶ instance 2: container ──▶ <key>.out

An object with a bad record has no result; the others are transformed all the same, and the job
fails in the end (C2.13).
"""

import contextlib
import queue
import shutil
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from container import contract
from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import jobs, model_data, models, sources, transform_objects
from local_test.aws.sagemaker.jobs import JobFailedError, JobStoppedError
from local_test.aws.sagemaker.resources import MODEL, now
from local_test.aws.sagemaker.sources import FAULTS, Object, Source
from local_test.aws.sagemaker.transform_caller import Call, Caller
from local_test.aws.sagemaker.transform_objects import ObjectError, Plan
from local_test.aws.sagemaker.transform_server import Server, serving
from local_test.aws.store import Document, Table

_ASKING: Final = Call("", "", 10.0, 0, chunked=False)  # GET /execution-parameters
_MOST_REASONS: Final = 3  # objects that a FailureReason names


def run(cloud: Cloud, table: Table, name: str) -> None:
    """Run a job that was created to its end, whatever that is; nothing is raised.

    Args:
        cloud: Where.
        table: Of transform jobs.
        name: The job's.
    """
    document = table.get(name)
    if document is None:
        return
    folder = cloud.folder / "transform" / name
    ending: dict[str, Any] = {"TransformJobStatus": jobs.COMPLETED}
    try:
        folder.mkdir(parents=True)
        _Run(cloud, document, table, folder).go()
    except JobStoppedError:
        ending = {"TransformJobStatus": jobs.STOPPED}
    except Exception as error:
        ending = {"TransformJobStatus": jobs.FAILED, "FailureReason": jobs.reason(error)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        table.change(name, lambda kept: kept.update(**ending, TransformEndTime=now()))


class _Run:
    """The stages of a job; each raises what ends it."""

    def __init__(self, cloud: Cloud, given: Document, table: Table, folder: Path) -> None:
        self._cloud = cloud
        self._given = given
        self._table = table
        self._folder = folder
        model = MODEL.find(cloud, given["ModelName"])
        self._role = model["ExecutionRoleArn"]
        self._container = models.container_of(model)
        self._client = cloud.client("s3", role=self._role)
        self._failed = list[str]()
        self._over = threading.Event()

    def go(self) -> None:
        """Start the instances and have them share the objects."""
        found = source(self._cloud, self._given, self._role).objects()
        model = self._folder / contract.MODEL
        model_data.fetch(self._cloud, self._container, self._role, model, "the model's container")
        self._look()
        waiting = queue.SimpleQueue[Object]()
        for each in found:
            waiting.put(each)
        count = min(self._given["TransformResources"]["InstanceCount"], len(found))
        with ThreadPoolExecutor(count) as pool:
            instances = [pool.submit(self._instance, model, waiting) for _ in range(count)]
            try:
                for instance in instances:
                    instance.result()
            finally:
                self._over.set()
        if self._failed:
            raise JobFailedError(_summary(self._failed, len(found)))

    def _instance(self, model: Path, waiting: "queue.SimpleQueue[Object]") -> None:
        """What one instance does: objects, until there are no more."""
        with serving(self._cloud, self._given, self._container, model, self._look) as server:
            with contextlib.closing(Caller(server.url, _ASKING, self._over)) as asking:
                plan = Plan.of(self._given, asking.parameters())
            server.note(str(plan))
            self._table.change(self._given["TransformJobName"], _started)
            call = transform_objects.calls(self._given, plan)
            while not waiting.empty():
                try:
                    each = waiting.get_nowait()
                except queue.Empty:
                    break
                self._transform(each, plan, Caller(server.url, call, self._over), server)

    def _transform(self, found: Object, plan: Plan, caller: Caller, server: Server) -> None:
        with tempfile.TemporaryFile(dir=self._folder) as output:
            try:
                chunks = sources.chunks(self._client, found)
                transform_objects.transform(plan, caller, chunks, output, self._look)
                output.seek(0)
                self._client.upload_fileobj(output, *self._target(found))
            except ObjectError as error:
                kind, _, why = str(error).partition(": ")
            except FAULTS as error:
                kind, why = "ClientError", f"S3: {error}"
            else:
                return
        server.note(f"{found.bucket}/{found.key}: {kind}: {why}")
        self._failed.append(f"{kind}: {found.place}: {why}")

    def _target(self, found: Object) -> Sequence[str]:
        """Bucket and key of an object's result (C2.9)."""
        output = self._given["TransformOutput"]["S3OutputPath"].rstrip("/")
        return sources.parsed(f"{output}/{found.name}.out")

    def _look(self) -> None:
        """Raise what ends the job from outside."""
        if self._cloud.tasks.stopping.is_set():
            raise JobFailedError(jobs.CLOSED)
        document = self._table.get(self._given["TransformJobName"])
        if self._over.is_set() or document is None:
            raise JobStoppedError
        if document["TransformJobStatus"] == jobs.STOPPING:
            raise JobStoppedError


def source(cloud: Cloud, given: Document, role: str) -> Source:
    """The input of a job."""
    data = given["TransformInput"]["DataSource"]["S3DataSource"]
    return Source(cloud.client("s3", role=role), data, cloud.region, role)


def _started(document: Document) -> None:
    document.setdefault("TransformStartTime", now())


def _summary(failed: Sequence[str], count: int) -> str:
    """A FailureReason that names what failed."""
    told = " ".join(failed[:_MOST_REASONS])
    more = f" {len(failed)} of {count} objects failed." if count > 1 else ""
    return f"{told}{more}"
