"""A `Processor` in the local mode of SDK V2: a command of our image takes the entry point's place.

Without outputs, as local mode brings those to S3 and nowhere else.
"""

from typing import Any

from tests.sdk.harness import Harness
from tests.sdk.v2.conftest import ROLE


def test_commands_of_the_image_are_processing_jobs(session: Any, harness: Harness) -> None:
    from sagemaker.processing import Processor

    output = ("--output", "/opt/ml/shared/training.csv")
    processor = Processor(
        image_uri=harness.image,
        role=ROLE,
        entrypoint=["python3", "-m", "model.blerssi.simulate", *output],
        instance_count=1,
        instance_type="local",
        sagemaker_session=session,
    )

    processor.run(logs=False)  # C7.17

    job = harness.newest()
    assert job.exit_code == 0
    assert "/opt/ml/shared/training.csv: " in job.log
