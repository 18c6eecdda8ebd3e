"""The small exception tree: every message says what was given, what is allowed and what to do."""

import inspect


class TlcoreError(Exception):
    """Something went wrong that a person can act on."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)))


class BadInputError(TlcoreError):
    """What was given can't be used."""


class NotAnArchiveError(BadInputError):
    """The file is not a zip archive."""


class BadArchiveError(BadInputError):
    """The archive is damaged or not safe to open, so nothing was taken from it."""


class LimitExceededError(BadInputError):
    """What was given is larger than this installation allows."""


class NotEnoughImagesError(BadInputError):
    """Training needs at least two classes with two images each."""


class BadSpecError(BadInputError):
    """The training settings can't work together."""


class BadEventError(BadInputError):
    """What a run told was kept by another version and can't be read."""


class ImpossibleSizeError(BadInputError):
    """The network can't be run on an input of that size."""


class UnknownNameError(BadInputError):
    """No such name is known here."""


class NoStagesError(BadInputError):
    """The network has no stages, so that it can be looked at but not trained."""


class BadModelError(BadInputError):
    """The file is not a model that Transfer Lab exported."""


class WeightsMissingError(TlcoreError):
    """Pretrained weights are not at hand."""


class BadWeightsError(TlcoreError):
    """The weights file does not fit the network it is named after."""


class OfflineError(TlcoreError):
    """The network can't be reached from here."""


class NotFoundError(TlcoreError):
    """It does not exist here, or it is not yours."""


class QuotaExceededError(TlcoreError):
    """Your space on this machine is used up."""


class QueueFullError(TlcoreError):
    """You already have as many runs waiting as one person may have."""


class IncompleteRunError(TlcoreError):
    """The run has no model yet."""


class BusyError(TlcoreError):
    """Others' computations come first and take long, so yours was not begun. Try again in a minute."""
