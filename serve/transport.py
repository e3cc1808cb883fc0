"""Between Flask and what is served: its requests in, our replies out."""

from flask import Response, request

from serve.invocation import Hold, Incoming, Invocations
from serve.replies import Reply


def respond(invocations: Invocations, hold: Hold) -> Response:
    """Answer Flask's current request.

    Args:
        invocations: Answers.
        hold: Gives the model, and lets go of it when the request is answered.

    Raises:
        ServeError: The request cannot be answered.
    """
    incoming = Incoming(request.headers, request.environ["wsgi.input"], request.content_length)
    return response(invocations.respond(incoming, hold))


def response(reply: Reply) -> Response:
    """A reply as Flask sends it."""
    made = Response(reply.body, reply.status, content_type=reply.media_type)
    made.headers.update(reply.headers)
    return made
