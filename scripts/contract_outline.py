"""What stands around the clauses on the page of the contract: headings, introductions, sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Section:
    """A group of clauses.

    Attributes:
        name: `C1`, for example.
        title: Its heading.
        about: What it is about, in a few sentences.
        parts: Headings inside of it, by the number of the clause that each stands before.
    """

    name: str
    title: str
    about: str
    parts: Mapping[int, str] = field(default_factory=dict)


INTRODUCTION: Final = """\
# The SageMaker container contract

<!-- Made by `make docs` from local_test/conformance/catalogue.toml: change it there. -->

Amazon SageMaker runs any container image that trains when it is started with `train` and answers
HTTP when it is started with `serve`. What else it expects is spread over guides, API models, the
source of AWS's tools and years of issues. This page gathers all of it, a clause at a time: what the
platform does, what a container must do, what commonly breaks it, and how it is checked.

The checks run against any image, or any command:

```console
$ python -m local_test check --image my-image
$ python -m local_test check --command 'python -m my_server'
$ python -m local_test check --explain C1.23
```

Each clause has a grade that says how far to trust it. A container that violates a hard clause does
not conform; a violated piece of advice is a risk to know about.

| Grade | Weight | Who says so |
| --- | --- | --- |
| D | hard | documented by AWS |
| S | hard | seen in the source of AWS's tools, which must work with the container |
| O | advice | observed by users, documented nowhere |
| I | advice | inferred from the others |
"""

SECTIONS: Final = (
    Section(
        "C1",
        "Real-time serving",
        "An endpoint starts the image with `serve`, waits for /ping and sends each request to "
        "/invocations. Batch transform, serverless and asynchronous inference and pipelines build "
        "on the same server, so this section holds for all of them.",
        {
            1: "Start, process and image",
            17: "Ports and connections",
            22: "/ping",
            30: "/invocations",
            45: "Errors",
            50: "Streaming",
            54: "Bidirectional streaming",
            57: "Metrics",
            59: "Environment, network and logs",
        },
    ),
    Section(
        "C2",
        "Batch transform",
        "A transform job feeds files from S3 through the same server and writes what it answers "
        "back, file by file.",
    ),
    Section(
        "C3",
        "Multi-model endpoints",
        "One container holds many models, which the platform loads and unloads by HTTP as callers "
        "ask for them. Only a container with the label takes part.",
    ),
    Section(
        "C4",
        "Other ways of hosting",
        "Each adds a few demands to those of C1.",
        {
            1: "Serverless",
            8: "Asynchronous",
            20: "Pipelines and endpoints of several containers",
            30: "Shadow variants, inference components and data capture",
        },
    ),
    Section(
        "C5",
        "Training",
        "A training job lays data and configuration out below /opt/ml/input, starts the image with "
        "`train`, and collects what lies in /opt/ml/model and /opt/ml/output at the end.",
        {
            1: "Start and stop",
            10: "Files in",
            30: "Environment",
            40: "Files out",
            50: "Metrics, network and several hosts",
        },
    ),
    Section(
        "C6",
        "What users bring along",
        "The platform knows nothing of these conventions, but users of AWS's own containers do: "
        "archives, handlers, variables and formats that they expect to go on working.",
        {
            1: "Archives of MXNet models",
            10: "Handlers and types",
            20: "Environment",
            30: "Data formats",
        },
    ),
    Section(
        "C7",
        "The official ways to try a container locally",
        "AWS's SDKs can train and serve on the user's own machine. They differ from the platform, "
        "and from each other, in ways that a container has to bear.",
        {
            1: "SDK version 2, and the core of version 3",
            20: "SDK version 3: training",
            26: "SDK version 3: serving",
            30: "The hand-made test folder of most tutorials",
        },
    ),
    Section(
        "C8",
        "Where the sources disagree",
        "Each of these had to be decided. None is checked by itself, but the clauses are that the "
        "decision led to.",
    ),
    Section(
        "C9",
        "What users complain about",
        "Fifteen groups of complaints, from the issues of AWS's containers and examples, that a "
        "good container simply does not give rise to.",
    ),
)

_GITHUB: Final = "https://github.com/"
_GUIDE: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
_MODELS: Final = f"{_GITHUB}boto/botocore/tree/develop/botocore/data/"

SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "AWS developer guide": (_GUIDE, "the pages named, current ones and those of June 2023."),
    "AWS hosting FAQ": (f"{_GUIDE}hosting-faqs.html", "the newest figures for payloads."),
    "AWS blog": ("https://aws.amazon.com/blogs/machine-learning/", "announcements of features."),
    "SageMaker API model": (f"{_MODELS}sagemaker", "what the AWS SDKs are made from."),
    "SageMaker runtime API model": (f"{_MODELS}sagemaker-runtime", "the same for invocations."),
    "SageMaker inference toolkit": (
        f"{_GITHUB}aws/sagemaker-inference-toolkit",
        "the handlers inside AWS's framework containers.",
    ),
    "SageMaker MXNet inference toolkit": (
        f"{_GITHUB}aws/sagemaker-mxnet-inference-toolkit",
        "its defaults for MXNet.",
    ),
    "Multi Model Server": (f"{_GITHUB}awslabs/multi-model-server", "the server beneath both."),
    "SageMaker containers": (
        f"{_GITHUB}aws/sagemaker-containers",
        "the older toolkit, with Flask, gunicorn and nginx.",
    ),
    "SageMaker XGBoost container": (f"{_GITHUB}aws/sagemaker-xgboost-container", "a container."),
    "SageMaker TensorFlow Serving container": (
        f"{_GITHUB}aws/sagemaker-tensorflow-serving-container",
        "another one.",
    ),
    "SageMaker training toolkit": (
        f"{_GITHUB}aws/sagemaker-training-toolkit",
        "what runs users' scripts in AWS's training containers.",
    ),
    "SageMaker MXNet training toolkit": (
        f"{_GITHUB}aws/sagemaker-mxnet-training-toolkit",
        "its parameter server.",
    ),
    "AWS deep learning containers": (
        f"{_GITHUB}aws/deep-learning-containers",
        "Dockerfiles and acceptance tests.",
    ),
    "AWS model hosting container standards": (
        f"{_GITHUB}aws/model-hosting-container-standards",
        "AWS's own newest statement of the serving side.",
    ),
    "SageMaker Python SDK": (f"{_GITHUB}aws/sagemaker-python-sdk", "its local modes."),
    "AWS build-your-own-container example": (
        f"{_GITHUB}aws/amazon-sagemaker-examples",
        "the decision trees that most containers descend from.",
    ),
}
