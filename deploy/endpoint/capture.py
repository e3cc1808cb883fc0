"""Data capture: a share of the requests and answers, kept in S3 (C4.33).

The content types are those of our own formats: what is listed is stored as text, all else as
base64. SageMaker writes below DESTINATION/ENDPOINT/VARIANT/YYYY/MM/DD/HH/.
"""

from dataclasses import dataclass
from typing import Any, Final

from deploy.endpoint import s3

PERCENT: Final = range(1, 101)
CSV_TYPES: Final = ("text/csv",)
JSON_TYPES: Final = ("application/json", "application/jsonlines")


@dataclass(frozen=True)
class Capture:
    """What is recorded.

    Attributes:
        percent: The share of the requests, 1 to 100.
        destination: An s3:// URI; every endpoint gets a folder of its own below it.
    """

    percent: int
    destination: str

    def problems(self) -> list[str]:
        """What is wrong with it, in words; empty where nothing is."""
        found = s3.problems("--capture-to", self.destination)
        if self.percent not in PERCENT:
            found.append(f"--capture {self.percent} is not a percentage from 1 to 100")
        return found

    def request(self) -> dict[str, Any]:
        """The DataCaptureConfig of an endpoint configuration."""
        return {
            "EnableCapture": True,
            "InitialSamplingPercentage": self.percent,
            "DestinationS3Uri": self.destination,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": list(CSV_TYPES),
                "JsonContentTypes": list(JSON_TYPES),
            },
        }
