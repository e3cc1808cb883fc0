"""The way to the cloud: S3, ECR, SageMaker endpoints, the Kubeflow pipeline, and the client."""
