"""A laptop that was stopped brings its endpoints back, and what they were in the middle of."""

import json
from pathlib import Path

from local_test.aws.laptop import Laptop
from local_test.aws.sagemaker.resources import ENDPOINT
from tests.support.hosting import BUCKET, NEVER_HEALTHY, Hosting, packed
from tests.support.laptop import laptop
from tests.support.waiting import until

_ASYNCHRONOUS = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/answers"}}


def again(folder: Path, before: Laptop) -> Laptop:
    """The same laptop, to be started once more."""
    return Laptop(folder, account=before.cloud.account)


def test_endpoints_come_back_with_what_they_were_in_the_middle_of(tmp_path: Path) -> None:
    with laptop(tmp_path) as before:
        hosting = Hosting.prepared(before)
        hosting.endpoint("plain", count=2)
        hosting.endpoint("updating")
        hosting.endpoint("queued", AsyncInferenceConfig=_ASYNCHRONOUS)
        hosting.config(hosting.model("creating", packed({"code/inference.py": NEVER_HEALTHY})))
        hosting.sagemaker.create_endpoint(EndpointName="creating", EndpointConfigName="creating")
        slow = hosting.model("slow", packed({"code/inference.py": NEVER_HEALTHY}))
        hosting.sagemaker.update_endpoint(
            EndpointName="updating", EndpointConfigName=hosting.config(slow)
        )
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="queued",
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 0}],
        )
        hosting.wait("queued")
        sent = hosting.runtime.invoke_endpoint_async(EndpointName="queued", Body=b"{}")
    statuses = {
        each["EndpointName"]: each["EndpointStatus"] for each in ENDPOINT.table(before.cloud).list()
    }
    assert statuses == {
        "creating": "Creating",
        "plain": "InService",
        "queued": "InService",
        "updating": "Updating",
    }
    with again(tmp_path, before) as after:
        resumed = Hosting(after)
        assert resumed.describe("plain")["EndpointStatus"] in {"SystemUpdating", "InService"}
        resumed.wait("plain")
        assert resumed.describe("plain")["ProductionVariants"][0]["CurrentInstanceCount"] == 2
        assert resumed.ask("plain")["model"] == "plain"
        assert resumed.describe("creating")["EndpointStatus"] == "Creating"
        until(lambda: resumed.describe("updating")["EndpointStatus"] == "Updating")
        assert resumed.ask("updating")["model"] == "updating"
        resumed.wait("queued")
        resumed.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="queued",
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}],
        )
        key = sent["OutputLocation"].removeprefix(f"s3://{BUCKET}/")
        until(lambda: key in resumed.keys("answers/"), "the answer to what was queued")
        body = resumed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        assert json.loads(body)["model"] == "queued"
