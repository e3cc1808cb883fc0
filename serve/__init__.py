"""HTTP over a predictor: formats in and out, errors, readiness and admission."""
