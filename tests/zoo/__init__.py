"""A zoo for the conformance suite: a correct container, and one for every way to break a clause.

    python -m tests.zoo.animal [--vice NAME] serve | train | COMMAND ...

`server.Server` and `trainer.Trainer` are correct, in the standard library alone. A vice is a
subclass of one of them, or of `models.Models`, in the folder `vices`; it is declared with
`vice.vice` and overrides as little as it can.
"""
