"""Types beyond the common ones: answered, refused, never run (C6.33 - C6.37)."""

import io
import zipfile

from container import contract
from local_test.conformance import patience
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check
from local_test.conformance.traffic import CSV, JSON, LINES, media_type, whole

_SDK_TYPES = (
    "application/json",
    "text/csv",
    "application/x-npy",
    "application/octet-stream",
    "application/jsonlines",
    "application/x-npz",
    "text/libsvm",
    "text/plain",
    "image/png",
    "image/jpeg",
    "tensor/pt",
    "application/x-recordio-protobuf",
)  # C6.35
_ALIASES = {
    LINES: ("application/x-jsonlines", "application/jsonl"),
    JSON: ("text/json",),
    CSV: ("application/csv", "csv"),
}  # C6.36
_RECORDIO = b"\n#\xd7\xce\x04\0\0\0\0\0\0\0"  # one empty record


@check(
    "C6.33",
    group="serve",
    title="RecordIO-protobuf is answered, or refused with 415",
    expected="status 200, 400 or 415",
)
def recordio_is_answered_or_refused(lab: Lab) -> None:
    """It is optional."""
    content_type = "application/x-recordio-protobuf"
    reply = lab.server().post(contract.INVOCATIONS, _RECORDIO, {"Content-Type": content_type})
    if reply.status not in {200, 400, 415}:
        raise Violation(f"status {reply.status}", reply)


@check(
    "C6.35",
    group="serve",
    title="Each type that the SDK sends is answered, or refused by a 4xx",
    expected="no 5xx",
)
def sdk_types_are_answered_or_refused(lab: Lab) -> None:
    """The body is another type's, so 400 is as good as 415."""
    for content_type in _SDK_TYPES:
        headers = {"Content-Type": content_type}
        reply = lab.server().post(contract.INVOCATIONS, b"\x00\x01\x02", headers)
        if reply.status >= 500:
            raise Violation(f"{content_type}: status {reply.status}", reply)


@check(
    "C6.36",
    group="serve",
    title="Other names of known types are answered, or refused with 415",
    expected="status 200 or 415",
)
def aliases_are_answered_or_refused(lab: Lab) -> None:
    """Names seen in the wild."""
    for payload in whole(lab):
        for alias in _ALIASES.get(media_type(payload.content_type), ()):
            headers = payload.headers | {"Content-Type": alias}
            reply = lab.server().post(contract.INVOCATIONS, payload.body, headers)
            if reply.status not in {200, 415}:
                raise Violation(f"{alias}: status {reply.status}", reply)


@check(
    "C6.37",
    group="serve",
    title="Pickles in a request are never opened",
    expected="a 4xx at once",
)
def nothing_is_unpickled(lab: Lab) -> None:
    """The pickle only sleeps; another one could do anything."""
    pickle = b"ctime\nsleep\n(F%.1f\ntR." % patience.EXTRA_SECONDS
    npy = _npy(pickle)
    bodies = {
        "application/x-npy": npy,
        "application/x-npz": _npz(npy),
        "application/python-pickle": pickle,
        "application/x-pickle": pickle,
    }
    for content_type, body in bodies.items():
        headers = {"Content-Type": content_type}
        reply = lab.server().post(contract.INVOCATIONS, body, headers)
        if reply.seconds >= patience.EXTRA_SECONDS:
            raise Violation(f"{content_type}: the pickle was run", reply)


def _npy(pickle: bytes) -> bytes:
    """An array of objects, as numpy writes it."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickle


def _npz(npy: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.npy", npy)
    return packed.getvalue()
