"""A `Model` with a user's inference.py in the local mode of SDK V2."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sdk.harness import Harness
from tests.sdk.v2.conftest import ROLE

HANDLER = """\
import json
from pathlib import Path


def model_fn(model_dir):
    return sorted(each.name for each in Path(model_dir).iterdir())


def transform_fn(model, request_body, content_type, accept):
    answer = {"files": model, "asked": json.loads(request_body), "here": Path(__file__).name}
    return json.dumps(answer), accept
"""


@pytest.fixture
def predictor(estimator: Any, session: Any, harness: Harness, tmp_path: Path) -> Iterator[Any]:
    """An endpoint of the trained model that answers with a handler."""
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.model import Model
    from sagemaker.predictor import Predictor
    from sagemaker.serializers import JSONSerializer

    (tmp_path / "answers.py").write_text(HANDLER)
    model = Model(
        image_uri=harness.image,
        model_data=estimator.model_data,
        role=ROLE,
        entry_point="answers.py",
        source_dir=str(tmp_path),
        code_location="s3://no-bucket/code",  # never looked into, but else a name is asked of AWS
        predictor_cls=Predictor,
        sagemaker_session=session,
    )
    made = model.deploy(
        initial_instance_count=1,
        instance_type="local",
        serializer=JSONSerializer(),
        deserializer=JSONDeserializer(),
        wait=False,
    )
    yield made
    made.delete_endpoint()


def test_the_users_functions_answer(predictor: Any) -> None:
    answer = predictor.predict({"a": [1, 2]})  # C6.10, C6.20, C7.11

    assert answer["asked"] == {"a": [1, 2]}
    assert answer["here"] == "answers.py"
    assert {"model-symbol.json", "model-0000.params"} <= set(answer["files"])
