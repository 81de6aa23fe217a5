"""How a command ends: its exit code, and the sentence that it leaves."""

FAILED = 1
USAGE = 2
DATA = 3
CHECKPOINT = 4
INTERRUPTED = 75  # EX_TEMPFAIL of sysexits.h: the same command may go on later


class CommandError(Exception):
    """What ends a command with one clear message and an exit code, without a traceback."""

    exit_code = FAILED

    def __init__(self, message: str, hint: str = ""):
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageProblem(CommandError):
    """The command was called with something that cannot be."""

    exit_code = USAGE


class DataProblem(CommandError):
    """The data are not there, or are not what the config says they are."""

    exit_code = DATA


class TrainingFailed(CommandError):
    """Training began and came to a bad end."""

    exit_code = FAILED


class CheckpointProblem(CommandError):
    """A model, checkpoint or run folder that cannot be used."""

    exit_code = CHECKPOINT


class Interrupted(CommandError):
    """Training was interrupted, and what it had reached is saved."""

    exit_code = INTERRUPTED
