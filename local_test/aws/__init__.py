"""A laptop's AWS: what boto3, the SageMaker SDKs and `deploy` see at AWS_ENDPOINT_URL.

    any AWS client ──▶ gateway ──▶ access      who asks (SigV4), may they (IAM)
                          │
                          ├──▶ sagemaker/      models, endpoints, jobs that really run the image
                          ├──▶ registry        ECR's registry: docker push and pull
                          ├──▶ s3              a child process that keeps objects on disk
                          └──▶ moto            IAM, STS, ECR, CloudWatch, logs, autoscaling

One port, one folder: the state is in the folder and survives a restart. `Laptop` starts and stops
all of it; `python -m local_test up` is its command line.
"""
