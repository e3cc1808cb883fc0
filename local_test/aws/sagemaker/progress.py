"""How far an endpoint is, as its document says and DescribeEndpoint shows."""

from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker.resources import ENDPOINT, now
from local_test.aws.store import Document


def change(cloud: Cloud, name: str, **members: Any) -> None:
    """Change members of an endpoint's document; None removes one.

    A status is not written over `Deleting`: that is the one way out of an endpoint's life.
    """

    def apply(document: Document) -> None:
        if document["EndpointStatus"] == "Deleting":
            return
        document.update(members, LastModifiedTime=now())
        for member in [key for key, value in document.items() if value is None]:
            del document[member]

    ENDPOINT.table(cloud).change(name, apply)


def deployment(cloud: Cloud, name: str, status: str) -> None:
    """Note how far the pending deployment is, as DescribeEndpoint shows it."""

    def apply(document: Document) -> None:
        if pending := document.get("Pending"):
            pending["VariantStatus"] = [{"Status": status, "StartTime": now()}]

    ENDPOINT.table(cloud).change(name, apply)
