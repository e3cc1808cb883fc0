"""The Kubeflow pipeline: trains on the cluster or in SageMaker, and deploys what is not worse.

components.py         the steps: two images, their command lines, no code of their own
pipeline.py           the steps in their order, and what a cluster gives each of them
compiled.py           the pipeline as YAML
local.py              a run on this machine, with Docker and whichever AWS is set
command.py            `python -m deploy pipeline compile | submit | run-local`
blerssi_hybrid.yaml   the compiled pipeline; a test holds it to its source
"""
