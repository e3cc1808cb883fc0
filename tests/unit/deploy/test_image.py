from dataclasses import replace

import pytest

from container import contract
from container.errors import UserError
from deploy import image
from deploy.image import LocalImage

GOOD = LocalImage(
    name="ours:latest",
    identity="sha256:6f207e1df9c71d6f765783650b7e6cc9",
    platform=("linux", "amd64"),
    size=404_498_616,
    labels={
        contract.LABEL_BIND_TO_PORT: "true",
        contract.LABEL_MULTI_MODELS: "true",
        "org.opencontainers.image.version": "0.1.0+dev",
    },
    entrypoint=("/opt/venv/bin/python", "-m", "container"),
    variables=("PATH=/bin", "AWS_REGION=us-east-1"),
    steps=("COPY code /code", "ENV PATH=/bin"),
)


def test_a_good_image_is_taken_without_a_word() -> None:
    assert image.check(GOOD) == []
    assert image.check(replace(GOOD, media_type=image.MANIFEST)) == []


def test_the_tag_is_that_of_the_content() -> None:
    assert GOOD.tag == "0.1.0-dev-6f207e1df9c7"
    assert replace(GOOD, labels={}).tag == "6f207e1df9c7"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"platform": ("linux", "arm64")}, "it is of linux/arm64, and linux/amd64"),
        ({"platform": ("windows", "amd64")}, "windows/amd64"),
        ({"size": (10 << 30) + 1}, "10,737,418,241 bytes"),
        ({"entrypoint": ("/bin/sh", "-c", "serve")}, "ENTRYPOINT begins with /bin/sh"),
        (
            {"media_type": "application/vnd.oci.image.index.v1+json"},
            "its manifest is application/vnd.oci.image.index.v1",
        ),
        ({"variables": ("AWS_SECRET_ACCESS_KEY=hunter2",)}, "it sets AWS_SECRET_ACCESS_KEY,"),
        ({"variables": ("X=AKIAIOSFODNN7EXAMPLE",)}, "it sets X,"),
        ({"steps": ("RUN |1 aws_session_token=hunter2 x",)}, "its history holds an access key"),
        (
            {"steps": ("RUN curl -u ASIAIOSFODNN7EXAMPLE:hunter2 y",)},
            "its history holds an access key",
        ),
    ],
)
def test_an_image_that_sagemaker_cannot_use_is_refused(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UserError) as refused:
        image.check(replace(GOOD, **changes))  # type: ignore[arg-type]
    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "IOSFODNN7EXAMPLE" not in str(refused.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(UserError, match=r"linux/arm64.*bytes"):
        image.check(replace(GOOD, platform=("linux", "arm64"), size=1 << 40))


def test_a_step_that_reads_a_variable_is_no_secret() -> None:
    steps = ("RUN test -n $AWS_SECRET_ACCESS_KEY",)
    assert image.check(replace(GOOD, steps=steps)) == []


def test_missing_labels_are_worth_a_note() -> None:
    notes = image.check(replace(GOOD, labels={}))
    assert len(notes) == 2
    assert "no multi-model endpoint takes it" in notes[0]
