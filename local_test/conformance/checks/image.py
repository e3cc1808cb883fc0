"""What can be read off an image before it runs, and what its labels promise (C1.2 - C1.8)."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from container import contract
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check

CAPABILITIES = "com.amazonaws.sagemaker.capabilities."
LABEL_MULTI_MODEL = f"{CAPABILITIES}multi-models"
_SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh"}
_INITS = {"tini", "tini-static", "init", "docker-init", "dumb-init"}
_PLATFORMS = {("linux", "amd64"), ("linux", "arm64")}
_SIZE_LIMIT = 10_000_000_000  # bytes, C4.3
_PORT = "9123"


@check(
    "C1.2",
    "C5.3",
    group="image",
    title="ENTRYPOINT is in exec form, and no shell",
    expected="a list whose first word is our own program",
    needs=(DOCKER,),
)
def entrypoint_is_no_shell(lab: Lab) -> None:
    """The shell form puts /bin/sh in the place of process 1, and SIGTERM ends there."""
    entrypoint = _entrypoint(lab)
    if _program(entrypoint) in _SHELLS:
        raise Violation(f"Entrypoint is {entrypoint}")


@check(
    "C1.3",
    "C5.3",
    group="image",
    title="Neither tini nor another init is the entry point",
    expected="none of tini, init, dumb-init first",
    needs=(DOCKER,),
)
def entrypoint_is_no_init(lab: Lab) -> None:
    """Both pages of the documentation forbid it for the sake of the argument."""
    entrypoint = _entrypoint(lab)
    if _program(entrypoint) in _INITS:
        raise Violation(f"Entrypoint is {entrypoint}")


@check(
    "C1.5",
    group="image",
    title="The image's user is root",
    expected="no USER, or root",
    needs=(DOCKER,),
)
def user_is_root(lab: Lab) -> None:
    """Mounts belong to root."""
    user = str(_config(lab).get("User") or "")
    if user.partition(":")[0] not in {"", "0", "root"}:
        raise Violation(f"User is {user}")


@check(
    "C1.7",
    group="image",
    title="The image is for one platform, and no OCI manifest",
    expected="linux/amd64 or linux/arm64; no media type of OCI",
    needs=(DOCKER,),
)
def manifest_is_dockers(lab: Lab) -> None:
    """An engine with the classic store writes Docker's manifest when it pushes."""
    facts = lab.subject.inspect()
    platform = (facts.get("Os"), facts.get("Architecture"))
    if platform not in _PLATFORMS:
        raise Violation(f"the platform is {'/'.join(map(str, platform))}")
    media_type = str((facts.get("Descriptor") or {}).get("mediaType", ""))
    if "oci" in media_type or "list" in media_type:
        raise Violation(f"the manifest is {media_type}")
    if not media_type and not facts.get("GraphDriver"):
        raise NotChecked("this engine does not tell the manifest's media type")


@check(
    "C1.8",
    group="image",
    title="Every label of a capability is kept: the container does what it says",
    expected="bind-to-port: /ping on that port; multi-models: /ping and GET /models without models",
    needs=(DOCKER,),
)
def labels_are_kept(lab: Lab) -> None:
    """A label without the function makes endpoints that never become healthy."""
    labels = {
        name: value
        for name, value in (_config(lab).get("Labels") or {}).items()
        if name.startswith(CAPABILITIES)
    }
    wrong = [
        f"{name}={value!r}" for name, value in labels.items() if value not in {"true", "false"}
    ]
    if wrong:
        raise Violation(f"neither true nor false: {', '.join(wrong)}")
    if labels.get(contract.LABEL_BIND_TO_PORT) == "true":
        with lab.fresh(variables={contract.BIND_TO_PORT: _PORT}):
            pass
    if labels.get(LABEL_MULTI_MODEL) == "true":
        with lab.fresh(variables={contract.MULTI_MODEL: "true"}) as server:
            reply = server.get("/models")
            if reply.status != 200:
                raise Violation(f"multi-models=true, but GET /models is {reply.status}", reply)


@check(
    "C4.3",
    group="image",
    title="The image has at most 10 GB",
    expected="10 GB or less, unpacked",
    needs=(DOCKER,),
)
def image_is_small_enough(lab: Lab) -> None:
    """Serverless endpoints refuse more."""
    size = int(lab.subject.inspect()["Size"])
    if size > _SIZE_LIMIT:
        raise Violation(f"{size / 1e9:.1f} GB")


@check(
    "C5.2",
    group="image",
    title="Another entry point works: /bin/bash, and python3 on PATH",
    expected="exit code 0",
    needs=(DOCKER,),
)
def entrypoint_can_be_replaced(lab: Lab) -> None:
    """ContainerEntrypoint of a job goes around ours."""
    script = "command -v python3 && python3 -c 'print(1)'"
    with lab.fresh(
        ("-c", script), base=lab.folder(), entrypoint=("/bin/bash",), ready=False
    ) as container:
        code = container.wait(lab.start_seconds)
        if code:
            raise Violation(f"`bash -c {script!r}` ends with {code}", container)


@check(
    "C5.10",
    group="image",
    title="The image has no file of its own below /opt/ml",
    expected="none",
    needs=(DOCKER,),
)
def nothing_is_below_the_base_folder(lab: Lab) -> None:
    """The platform's mounts hide whatever was there."""
    shell = ("/bin/sh", "-c", f"[ ! -d {contract.BASE_DIR} ] || ls -ApR {contract.BASE_DIR}")
    with lab.fresh(base=lab.folder(), entrypoint=shell, ready=False) as container:
        code = container.wait(lab.start_seconds)
        listed = container.log.splitlines()
    if code:
        raise NotChecked("the image has no shell to look with")
    if files := [each for each in listed if each and each[-1] not in "/:"]:
        raise Violation(f"{len(files)} files, {files[0]} for example", "\n".join(listed))


def _config(lab: Lab) -> Mapping[str, Any]:
    config: Mapping[str, Any] = lab.subject.inspect().get("Config") or {}
    return config


def _entrypoint(lab: Lab) -> list[str]:
    """The entry point; without one Docker takes the argument for a program, which is allowed."""
    return list(_config(lab).get("Entrypoint") or ())


def _program(entrypoint: list[str]) -> str:
    return PurePosixPath(entrypoint[0]).name if entrypoint else ""
