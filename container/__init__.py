"""The SageMaker runtime contract as code: it knows the platform, and nothing of models."""
