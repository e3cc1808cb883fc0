"""How long the checks hold out where only time shows whether a clause holds; tests shorten it."""

IDLE_SECONDS = 6.0  # a connection between two of the platform's pings (C1.21)
PRESSED_SECONDS = 2.5  # under load, for pings
WATCHED_SECONDS = 3.0  # a server that may yet turn green, end, or recover
SETTLE_SECONDS = 10.0  # for servers whose first good ping came too early (C1.25)
LONG_SECONDS = 62.0  # a request that outlasts a limit of one minute (C2.7, C4.9)
FROZEN_SECONDS = 32.0  # longer than the usual 30 s after which a worker counts as hung (C4.7)
STOP_SECONDS = 30.0  # SIGTERM to SIGKILL (C1.15)
IDLE_STOP_SECONDS = 10.0  # what docker compose grants (C1.16)
RECOVER_SECONDS = 30.0  # from dead workers to a green ping or an end (C9.15)
EXPECT_SECONDS = 5.0  # for an interim answer; curl itself waits one second (C1.35)
LOG_SECONDS = 0.5  # until a line that was written has arrived in the log
LOADING_SECONDS = 20.0  # for a request while another model loads (C3.13)
EXTRA_SECONDS = 3.0  # of sleep that a pickled request asks for (C6.37)
BEGIN_SECONDS = 60.0  # for the first metric of a training, or its first checkpoint
TRAIN_STOP_SECONDS = 120.0  # SIGTERM to SIGKILL (C5.5)
