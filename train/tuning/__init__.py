"""The search for better hyperparameters: one declaration, three tuners.

space             what may be varied, from the declarations in train/hyperparameters.py
sagemaker         the request of CreateHyperParameterTuningJob
katib             the manifest of a Katib experiment
study, trials     Optuna on this machine; report is what it leaves
"""
