"""What an image has inside: tools that harnesses call, and a driver that it should not have."""

from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check

_TOOLS = ("bash", "chmod")
_EITHER = (("python3", "python"), ("pip3", "pip"))
_DRIVER = "libcuda.so.* libnvidia-ml.so.* libnvidia-ptxjitcompiler.so.*"
_FOLDERS = "/usr/lib/x86_64-linux-gnu /usr/lib/aarch64-linux-gnu /usr/lib64 /usr/lib"


@check(
    "C7.22",
    group="sdk-harness",
    title="The image has bash, chmod, a python and a pip",
    expected="all on PATH",
    needs=(DOCKER,),
)
def tools_are_on_the_path(lab: Lab) -> None:
    """The SDK's scripts for source code of the user call them."""
    found = set(
        _shell(
            lab,
            "for each in bash chmod python3 python pip3 pip; do "
            "command -v $each >/dev/null && echo $each; done; true",
        ).split()
    )
    missing = [each for each in _TOOLS if each not in found]
    missing += [" or ".join(pair) for pair in _EITHER if not found & set(pair)]
    if missing:
        raise Violation(f"there is no {', no '.join(missing)}")


@check(
    "C1.6",
    "C5.56",
    group="image",
    title="No driver of NVIDIA is in the image",
    expected="no libcuda.so of a driver",
    needs=(DOCKER,),
)
def no_driver_is_inside(lab: Lab) -> None:
    """The host's runtime brings the one that fits; CUDA's own stubs and toolkit may be there."""
    found = _shell(
        lab, f"for f in {_FOLDERS}; do cd $f 2>/dev/null && ls -d {_DRIVER} 2>/dev/null; done; true"
    )
    if found:
        raise Violation(
            f"{len(found.splitlines())} files, {found.splitlines()[0]} for example", found
        )


def _shell(lab: Lab, script: str) -> str:
    """Run a script in a container of the image and give what it prints."""
    shell = ("/bin/sh", "-c", script)
    with lab.fresh(base=lab.folder(), entrypoint=shell, ready=False) as container:
        code = container.wait(lab.start_seconds)
        if code:
            raise NotChecked(f"the image's shell ends with {code}")
        return container.log.strip()
