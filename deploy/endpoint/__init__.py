"""One endpoint as it is wanted: model, configuration, endpoint, and what watches over them.

    arguments.py  options
    command.py    options ──▶ a description ──▶ what came of it
    wanted.py     the description
    endpoint.py   the order in which it comes about
        model.py      what runs: image, artefact, role
        config.py     where: instances or serverless, asynchronous or not
        capture.py    what is recorded of the traffic
        alarms.py     what must not happen
        rollout.py    how traffic moves to a new version
        scaling.py    how many instances, by load
        changing.py   makes or moves the endpoint, and judges what came of it
        task.py       what the parts of a run share
        waking.py     how it gets its first instance when it had none
        state.py      how an endpoint stands
        made.py       what goes again when it fails
        failure.py    why it failed

Everything is declared: a run makes what is missing, changes what differs, and leaves the rest.
"""
