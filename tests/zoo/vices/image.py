"""Vices that make an image's labels lies."""

from tests.zoo.http import Answer, Refused, Request
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("no-models-api", "C1.8", group="image", docker=True)
class NoModelsApi(Server):
    """Has the label of many models, and nothing to load one with."""

    def route(self, request: Request) -> Answer:
        if request.path.startswith("/models"):
            raise Refused(404, "There is nothing")
        return super().route(request)
