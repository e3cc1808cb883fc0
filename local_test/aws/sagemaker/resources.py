"""What models, endpoint configurations and endpoints have in common: a table, a name, an ARN.

The words of refusals are AWS's own, as programs and people match them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_test.aws import listing
from local_test.aws.cloud import Cloud
from local_test.aws.errors import validation
from local_test.aws.store import Document, Table


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        noun: In an ARN, such as `endpoint-config`; the table's name as well.
        words: In a sentence, such as `endpoint configuration`.
        member: The prefix of its members, such as `EndpointConfig` in `EndpointConfigName`.
    """

    noun: str
    words: str
    member: str

    @property
    def name(self) -> str:
        """The member that holds its name."""
        return f"{self.member}Name"

    def arn(self, cloud: Cloud, name: str) -> str:
        """The ARN of one of them."""
        return cloud.arn("sagemaker", f"{self.noun}/{name}")

    def table(self, cloud: Cloud) -> Table:
        """Where they are kept."""
        return cloud.store.table(self.noun)

    def create(self, cloud: Cloud, name: str, document: Mapping[str, Any]) -> None:
        """Keep a new one.

        Raises:
            AwsError: There is one of this name.
        """
        if not self.table(cloud).create(name, document):
            raise self.exists(cloud, name)

    def exists(self, cloud: Cloud, name: str) -> Exception:
        """The refusal of a name that is taken."""
        return validation(f'Cannot create already existing {self.words} "{self.arn(cloud, name)}".')

    def find(self, cloud: Cloud, name: str) -> Document:
        """Give one.

        Raises:
            AwsError: There is none of this name.
        """
        if (document := self.table(cloud).get(name)) is None:
            raise self.missing(cloud, name)
        return document

    def missing(self, cloud: Cloud, name: str) -> Exception:
        """The refusal of a name that nothing has."""
        return validation(f'Could not find {self.words} "{self.arn(cloud, name)}".')

    def page(
        self, cloud: Cloud, given: Mapping[str, Any], *members: str, status: str = ""
    ) -> dict[str, Any]:
        """Answer a List operation.

        Args:
            cloud: Where.
            given: The operation's input.
            members: What a summary shows beside name, ARN and times.
            status: Which of them is the status.
        """
        shown = (self.name, f"{self.member}Arn", "CreationTime", *members)
        rows = [
            {member: document[member] for member in shown} for document in self.table(cloud).list()
        ]
        found, token = listing.page(rows, given, name=self.name, status=status)
        return {f"{self.member}s": found, "NextToken": token}


MODEL = Kind("model", "model", "Model")
ENDPOINT_CONFIG = Kind("endpoint-config", "endpoint configuration", "EndpointConfig")
ENDPOINT = Kind("endpoint", "endpoint", "Endpoint")


def now() -> datetime:
    """The time as documents hold it."""
    return datetime.now(UTC)
