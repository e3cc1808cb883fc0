"""IAM's policy simulator, which moto lacks: what a user or a role may do, without doing it.

SageMaker's SDK V3 asks it about a training job's role before it makes the job.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from local_test.aws import policies
from local_test.aws.errors import AwsError
from local_test.aws.identities import Identities, Identity
from local_test.aws.policies import Ask, Context, Verdict

ACTION = "SimulatePrincipalPolicy"
_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_TAKEN = {"Action", "Version", "PolicySourceArn", "Marker", "MaxItems"}
_LISTS = ("ActionNames", "ResourceArns", "ContextEntries", "PolicyInputList")
_WORDS = {
    Verdict.ALLOWED: "allowed",
    Verdict.DENIED: "explicitDeny",
    Verdict.SILENT: "implicitDeny",
}
_ORDER = (Verdict.DENIED, Verdict.SILENT, Verdict.ALLOWED)  # the worst of several resources counts


def answer(identities: Identities, given: Mapping[str, str]) -> Response:
    """Answer SimulatePrincipalPolicy, all on one page.

    Args:
        identities: Who there is.
        given: The form, such as `ActionNames.member.1`.

    Raises:
        AwsError: There is nobody of that ARN, or what is given is not simulated here.
    """
    _check(given)
    source = given["PolicySourceArn"]
    subject = identities.named(source)
    if subject is None:
        raise AwsError("NoSuchEntity", f"The entity {source} cannot be found.", 404)
    extra = _documents(_many(given, "PolicyInputList"))
    subject = replace(subject, documents=(*subject.documents, *extra))
    resources, context = _many(given, "ResourceArns") or ["*"], _context(given)
    results = "".join(
        _result(subject, action, resources, context) for action in _many(given, "ActionNames")
    )
    body = (
        f'<{ACTION}Response xmlns="{_NAMESPACE}"><{ACTION}Result><IsTruncated>false</IsTruncated>'
        f"<EvaluationResults>{results}</EvaluationResults></{ACTION}Result>"
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{ACTION}Response>"
    )
    return Response(body, content_type="text/xml")


def _check(given: Mapping[str, str]) -> None:
    unknown = {name.partition(".")[0] for name in given} - _TAKEN - set(_LISTS)
    if unknown:
        names = ", ".join(sorted(unknown))
        raise AwsError("InvalidInput", f"The laptop's AWS does not simulate {names}.")
    if "PolicySourceArn" not in given or "ActionNames.member.1" not in given:
        raise AwsError("ValidationError", "PolicySourceArn and ActionNames must not be null.")


def _documents(texts: Sequence[str]) -> list[policies.Document]:
    try:
        return [policies.parse(text) for text in texts]
    except ValueError as error:
        raise AwsError(
            "InvalidInput", f"A policy of PolicyInputList is no JSON: {error}"
        ) from error


def _result(identity: Identity, action: str, resources: Sequence[str], context: Context) -> str:
    asks = [Ask(action, resource, context) for resource in resources]
    found = [identity.verdict(ask) for ask in asks]
    worst = min(found, key=_ORDER.index)
    several = "".join(map(_of_resource, resources, found)) if resources != ["*"] else ""
    boundary = ""
    if identity.limits:
        limits = [policies.verdict(limit, ask) for limit in identity.limits for ask in asks]
        allowed = str(all(each is Verdict.ALLOWED for each in limits)).lower()
        boundary = (
            "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
            f"{allowed}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
        )
    resource = escape(resources[0] if len(resources) == 1 else "*")
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{resource}</EvalResourceName>"
        f"<EvalDecision>{_WORDS[worst]}</EvalDecision><MatchedStatements/><MissingContextValues/>"
        f"{boundary}<ResourceSpecificResults>{several}</ResourceSpecificResults></member>"
    )


def _of_resource(resource: str, verdict: Verdict) -> str:
    return (
        f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalResourceDecision>{_WORDS[verdict]}</EvalResourceDecision></member>"
    )


def _context(given: Mapping[str, str]) -> Context:
    return {
        given.get(f"{entry}.ContextKeyName", "").lower(): _many(given, f"{entry}.ContextKeyValues")
        for entry in _entries(given, "ContextEntries")
    }


def _entries(given: Mapping[str, str], name: str) -> Iterator[str]:
    """Give the prefixes `NAME.member.1`, `NAME.member.2`, … in their order."""
    found = (re.match(rf"{re.escape(name)}\.member\.(\d+)", key) for key in given)
    for number in sorted({int(match[1]) for match in found if match}):
        yield f"{name}.member.{number}"


def _many(given: Mapping[str, str], name: str) -> list[str]:
    """Give a list of a form."""
    return [given[entry] for entry in _entries(given, name)]
