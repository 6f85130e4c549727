"""What can go wrong in storage/. The messages are one line each: they name the thing and the fix."""

from __future__ import annotations

from click import ClickException


class StoreError(ClickException):
    """Base of every error raised by storage/."""


class StoreConfigError(StoreError):
    """A setting is wrong or missing: the message names it."""

    exit_code = 2


class StoreUnavailable(StoreError):
    """The store gave no answer, or a 5xx, to every try."""


class StoreRefused(StoreError):
    """The store answered no (403, unknown bucket, a store without conditional writes)."""


class StoreConflict(StoreError):
    """A conditional write lost: the key exists already, or holds something newer."""


class ObjectMissing(StoreError, KeyError):
    """No object has this key."""


class BadQuestion(StoreError, ValueError):
    """A reader asked for what no archive can answer: a time without a zone, a column that is not there."""

    exit_code = 2


class EmbeddedStoreFailed(StoreError):
    """The embedded S3 server did not start or stop."""


class ObjectRefused(StoreError):
    """An object in the bucket is not what its key promises: damaged, or written by a newer version."""


class TableError(StoreError):
    """A Delta table could not be read or written."""


class NoScratchSpace(StoreError):
    """The disk for temporary files is full or cannot be written."""


class NothingToErase(StoreError):
    """The archive knows nothing of the URL."""


class ErasureUnderWay(StoreError):
    """Another erasure runs: two at once could not say what the other left of an object."""


class NotAllErased(StoreError):
    """Something could not be searched; the message names it. All else is erased."""
