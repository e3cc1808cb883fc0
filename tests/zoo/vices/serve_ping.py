"""Vices of the health check."""

from tests.zoo.http import Answer, Request
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("ping-with-body", "C1.28", group="serve")
class PingWithBody(Server):
    """Says healthy in so many words."""

    def ping(self, request: Request) -> Answer:
        answer = super().ping(request)
        return Answer(answer.status, b'{"status": "Healthy"}', "application/json")


@vice("never-healthy", "C1.22", group="serve")
class NeverHealthy(Server):
    """Answers, and never by 200."""

    def ping(self, _request: Request) -> Answer:
        return Answer(503)
