"""What no engine of this machine can build, and the rest of the facts, in every shape."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local_test.conformance.checks import image
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Materials
from local_test.conformance.registry import Check, NotChecked, Violation
from tests.support.conformance import StubSubject

GOOD = {
    "Os": "linux",
    "Architecture": "amd64",
    "Size": 10_000_000_000,
    "GraphDriver": {"Name": "overlay2"},
    "Config": {"Entrypoint": ["/opt/python", "-m", "container"], "User": "", "Labels": None},
}
READ = (
    image.entrypoint_is_no_shell,
    image.entrypoint_is_no_init,
    image.user_is_root,
    image.manifest_is_dockers,
    image.labels_are_kept,
    image.image_is_small_enough,
)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image"


def run(check: Check, tmp_path: Path, facts: Mapping[str, Any]) -> None:
    check(Lab(StubSubject({**GOOD, **facts}), Materials(), tmp_path))


@pytest.mark.parametrize("check", READ, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"Architecture": "arm64"},
        {"Config": {}},
        {"Config": {"User": "0:0", "Entrypoint": None}},
        {"Config": {"User": "root", "Labels": {f"{image.CAPABILITIES}multi-models": "false"}}},
        {"Descriptor": {"mediaType": MANIFEST}, "GraphDriver": None},
    ],
)
def test_a_sound_image_passes(check: Check, facts: Mapping[str, Any], tmp_path: Path) -> None:
    run(check, tmp_path, facts)


@pytest.mark.parametrize(
    ("check", "facts", "seen"),
    [
        (image.manifest_is_dockers, {"Descriptor": {"mediaType": f"{OCI}.manifest.v1+json"}}, OCI),
        (image.manifest_is_dockers, {"Descriptor": {"mediaType": f"{OCI}.index.v1+json"}}, OCI),
        (
            image.manifest_is_dockers,
            {"Descriptor": {"mediaType": MANIFEST.replace("manifest", "manifest.list")}},
            "list",
        ),
        (image.manifest_is_dockers, {"Os": "windows"}, "windows/amd64"),
        (image.image_is_small_enough, {"Size": 10_000_000_001}, r"10\.0 GB"),
        (image.entrypoint_is_no_shell, {"Config": {"Entrypoint": ["/bin/sh", "-c", "x"]}}, "sh"),
        (image.entrypoint_is_no_init, {"Config": {"Entrypoint": ["/sbin/tini", "x"]}}, "tini"),
        (image.user_is_root, {"Config": {"User": "1000:0"}}, "1000"),
        (
            image.labels_are_kept,
            {"Config": {"Labels": {f"{image.CAPABILITIES}multi-models": "yes"}}},
            "multi-models='yes'",
        ),
    ],
)
def test_a_fault_is_seen(check: Check, facts: Mapping[str, Any], seen: str, tmp_path: Path) -> None:
    with pytest.raises(Violation, match=seen):
        run(check, tmp_path, facts)


def test_a_manifest_of_which_nothing_is_known_is_not_checked(tmp_path: Path) -> None:
    with pytest.raises(NotChecked):
        run(image.manifest_is_dockers, tmp_path, {"GraphDriver": None})
