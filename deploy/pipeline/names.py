"""Names that the pipeline, its manifests and its runs share; needs no kfp."""

from typing import Final

PIPELINE: Final = "blerssi-hybrid"
ON_CLUSTER: Final = "kubeflow"  # of the parameter train_on
ON_SAGEMAKER: Final = "sagemaker"

TRAIN_IMAGE: Final = "blerssi-sagemaker:latest"
DEPLOY_IMAGE: Final = "blerssi-deploy:latest"

DATA: Final = "/data"  # volumes of the cluster, as the steps see them
CHECKPOINTS: Final = "/checkpoints"

# What the manifests make (deploy/manifests).
NAMESPACE: Final = "kubeflow"
SERVICE_ACCOUNT: Final = "blerssi-pipeline"
DATA_CLAIM: Final = "blerssi-data"
CHECKPOINT_CLAIM: Final = "blerssi-checkpoints"
SECRET: Final = "blerssi-aws"  # noqa: S105 - the name of one
SECRET_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
USER: Final = 65532
