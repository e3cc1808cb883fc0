"""Every path, file name, variable, limit and label of the SageMaker runtime contract.

The one place where such a name is written down; each carries the clause of the project's contract
catalogue (C<section>.<number>) that demands it. Values of one container live in
`container.environment`, settings of the server in `container.settings`.
"""

from typing import Final

# --- Folders and files below the base folder (C5.10; C5.35 moves it) --------------------------

BASE_DIR: Final = "/opt/ml"
BASE_DIR_VARIABLE: Final = "SAGEMAKER_BASE_DIR"  # C5.35

INPUT: Final = "input"
CONFIG: Final = "input/config"
DATA: Final = "input/data"  # C5.17
MODEL: Final = "model"  # C1.9, C5.40
MODELS: Final = "models"  # C3.3
CODE: Final = "code"  # of the user, also below the model's folder (C6.20)
OUTPUT: Final = "output"
OUTPUT_DATA: Final = "output/data"  # C5.42
CHECKPOINTS: Final = "checkpoints"  # C5.43
FAILURE: Final = "output/failure"  # C5.41

HYPERPARAMETERS_FILE: Final = "hyperparameters.json"  # C5.11
INPUT_DATA_CONFIG_FILE: Final = "inputdataconfig.json"  # C5.14
RESOURCE_CONFIG_FILE: Final = "resourceconfig.json"  # C5.23; BYO's resourceConfig.json is not it

# --- Training ----------------------------------------------------------------------------------

CHANNEL_NAME: Final = r"[A-Za-z0-9.\-_]{1,64}"  # C5.16
PIPE_MODE: Final = "Pipe"  # C5.19
CHANNEL_MODES: Final = ("File", "FastFile", PIPE_MODE)  # C5.14
RECORDIO: Final = "RecordIO"  # C5.21
RECORD_WRAPPERS: Final = ("None", RECORDIO)  # C5.14
RESERVED_HYPERPARAMETER_PREFIX: Final = "sagemaker_"  # C5.13
RESERVED_HYPERPARAMETERS: Final = ("_tuning_objective_metric",)  # C5.13, C5.51
FAILURE_REASON_LIMIT: Final = 1024  # characters of the failure file that reach a person, C5.41
TRAINING_JOB_NAME: Final = "TRAINING_JOB_NAME"  # C5.30
DEFAULT_HOST: Final = "algo-1"  # C5.27
PARAMETER_SERVER_PORT: Final = 8000  # C5.53
TRAIN_STOP_SECONDS: Final = 120  # SIGTERM to SIGKILL, C5.5
METRIC_REGEX_LIMIT: Final = 500  # C5.50
METRIC_NAME_LIMIT: Final = 255  # C5.50
METRIC_DEFINITIONS_LIMIT: Final = 40  # C5.50

# --- Serving -----------------------------------------------------------------------------------

PORT: Final = 8080  # C1.17
BIND_TO_PORT: Final = "SAGEMAKER_BIND_TO_PORT"  # C1.18
SAFE_PORT_RANGE: Final = "SAGEMAKER_SAFE_PORT_RANGE"  # C1.19; seen on every endpoint, C1.59
PING: Final = "/ping"  # C1.22
INVOCATIONS: Final = "/invocations"  # C1.30
EXECUTION_PARAMETERS: Final = "/execution-parameters"  # C2.3
METRICS: Final = "/metrics"  # C1.57
MODELS_ROUTE: Final = "/models"  # C3.4
MULTI_MODEL: Final = "SAGEMAKER_MULTI_MODEL"  # C3.1
SERVE_STOP_SECONDS: Final = 30  # SIGTERM to SIGKILL, C1.15
PING_SECONDS: Final = 2  # C1.23
CONNECT_SECONDS: Final = 0.25  # C1.20
BATCH_PRODUCT_LIMIT_MB: Final = 100  # MaxConcurrentTransforms x MaxPayloadInMB, C2.5
ERROR_BODY_LIMIT: Final = 2048  # characters of OriginalMessage, C1.45
HEADER_VALUE_LIMIT: Final = 1024  # C1.37, C1.40

INFERENCE_ID: Final = "X-Amzn-SageMaker-Inference-Id"  # C1.37, C4.35
PROGRAM: Final = "SAGEMAKER_PROGRAM"  # C6.20
SUBMIT_DIRECTORY: Final = "SAGEMAKER_SUBMIT_DIRECTORY"  # C1.60, C6.20
DEFAULT_PROGRAM: Final = "inference.py"  # C6.20

CUSTOM_ATTRIBUTES: Final = "X-Amzn-SageMaker-Custom-Attributes"  # C1.37, C1.40

# --- Image -------------------------------------------------------------------------------------

LABEL_BIND_TO_PORT: Final = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"  # C1.8
LABEL_MULTI_MODELS: Final = "com.amazonaws.sagemaker.capabilities.multi-models"  # C3.1
