"""Who may do what: four roles, each with the rights that its work takes and no others.

    pusher      pushes images                      assumed by people and build servers
    pipeline    uploads, deploys, asks             assumed by the Kubeflow pod (IRSA) or by people
    execution   what SageMaker does for us         assumed by SageMaker; lent by the pipeline
    cleaner     destroys what was made             assumed by people

templates/ has the policies as JSON; roles.py fills them in; apply.py makes them in IAM.
"""
