"""A model of the library behind an endpoint of the laptop's AWS; our program as child processes."""

from pathlib import Path

import pytest

from local_test.aws.laptop import Laptop
from tests.support import endpoints, library


@pytest.fixture(scope="session")
def model(aws: Laptop, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the name of a SageMaker model."""
    packed = library.archive(tmp_path_factory.mktemp("library") / "model.tar.gz")
    aws.client("s3").create_bucket(Bucket="library")
    artifact = endpoints.put(aws, "library", "model", packed.read_bytes())
    role = endpoints.role(aws, "library-role")
    arn = aws.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    aws.client("sagemaker").create_model(
        ModelName="library",
        ExecutionRoleArn=arn,
        PrimaryContainer={
            "Image": endpoints.IMAGE,
            "ModelDataUrl": artifact,
            "Environment": {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
        },
    )
    return "library"


@pytest.fixture(scope="session")
def endpoint(aws: Laptop, model: str) -> str:
    """Give the name of an endpoint in service."""
    sagemaker = aws.client("sagemaker")
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=model, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=model, EndpointConfigName=model)
    sagemaker.get_waiter("endpoint_in_service").wait(
        EndpointName=model, WaiterConfig={"Delay": 1, "MaxAttempts": 90}
    )
    return model


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Write three labelled scans, the second without any signal."""
    path = tmp_path / "scans.csv"
    path.write_text(
        "location,date,b3001,b3002,b3003,b3004,b3005,b3006,b3007,b3008,b3009,b3010,b3011,b3012,"
        "b3013\n"
        "K04,10-18-2016 11:15:21,-200,-78,-200,-200,-81,-200,-200,-200,-200,-200,-200,-200,-200\n"
        "?,10-18-2016 11:15:22,-200,-200,-200,-200,-200,-200,-200,-200,-200,-200,-200,-200,-200\n"
        "S04,10-18-2016 11:15:23,,,,-70.5,,,-77,,,,,,\n"
    )
    return path
