"""A conformance suite for any SageMaker container: what holds, what was seen instead, the mend."""
