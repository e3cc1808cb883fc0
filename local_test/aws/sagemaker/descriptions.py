"""What DescribeEndpoint says of an endpoint: its document, and what runs of it at this moment."""

from collections.abc import Mapping
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import hosting
from local_test.aws.sagemaker.colour import Colour

_SHOWN = (
    *("EndpointName", "EndpointArn", "EndpointConfigName", "EndpointStatus", "FailureReason"),
    *("CreationTime", "LastModifiedTime", "LastDeploymentConfig", "AsyncInferenceConfig"),
)


def endpoint(cloud: Cloud, document: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an endpoint as the API does."""
    live = hosting.of(cloud).find(document["EndpointName"])
    colour = live.colour if live else None
    found = {member: document[member] for member in _SHOWN if member in document}
    found["ProductionVariants"] = [_variant(each, colour) for each in document["Variants"]]
    if capture := document.get("DataCaptureConfig"):
        found["DataCaptureConfig"] = _capture(capture)
    if pending := document.get("Pending"):
        found["PendingDeploymentSummary"] = _pending(pending)
    return found


def _variant(variant: Mapping[str, Any], colour: Colour | None) -> dict[str, Any]:
    """A ProductionVariantSummary."""
    name = variant["VariantName"]
    found = {
        "VariantName": name,
        "DeployedImages": [_image(variant)],
        "CurrentWeight": colour.weights.get(name, 0.0) if colour else 0.0,
        "DesiredWeight": variant["DesiredWeight"],
    }
    if serverless := variant.get("ServerlessConfig"):
        return {
            **found,
            "CurrentServerlessConfig": serverless,
            "DesiredServerlessConfig": serverless,
        }
    fleet = colour.fleets.get(name) if colour else None
    return {
        **found,
        "CurrentInstanceCount": fleet.size if fleet else 0,
        "DesiredInstanceCount": variant["DesiredInstanceCount"],
    }


def _image(variant: Mapping[str, Any]) -> dict[str, Any]:
    image = variant["Container"]["Image"]
    return {"SpecifiedImage": image, "ResolvedImage": image}


def _pending(pending: Mapping[str, Any]) -> dict[str, Any]:
    """What a deployment under way leads to, and how far it is."""
    status = pending.get("VariantStatus") or [{"Status": "Creating"}]
    return {
        "EndpointConfigName": pending["EndpointConfigName"],
        "StartTime": pending["StartTime"],
        "ProductionVariants": [
            {
                "VariantName": each["VariantName"],
                "DeployedImages": [_image(each)],
                "DesiredWeight": each["DesiredWeight"],
                "DesiredInstanceCount": each["DesiredInstanceCount"],
                "VariantStatus": status,
            }
            for each in pending["Variants"]
        ],
    }


def _capture(config: Mapping[str, Any]) -> dict[str, Any]:
    enabled = config.get("EnableCapture", True)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }
