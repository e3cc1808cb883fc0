"""One training run: channels and hyperparameters in, a model artefact and a report out."""
