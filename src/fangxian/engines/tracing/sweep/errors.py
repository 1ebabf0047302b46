"""Why a sweep did not happen, or stopped. What was finished of it is kept."""


class SweepFailed(Exception):  # noqa: N818
    """`code` for programs, the text for people: what is the matter, and what to do."""

    code = "sweep_failed"


class WrongFile(SweepFailed):
    code = "wrong_file"


class WrongVisits(SweepFailed):
    code = "wrong_visits"


class AnotherSweep(SweepFailed):
    code = "another_sweep"


class NoEngine(SweepFailed):
    code = "no_engine"


class NoCluster(SweepFailed):
    code = "no_cluster"


class CannotWrite(SweepFailed):
    code = "cannot_write"


class EngineStopped(SweepFailed):
    code = "engine_stopped"
