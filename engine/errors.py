"""Every failure that a user can cause or meet.

    RecedeError
    ├── PhotoError                    the file that was handed in
    │   ├── NotAnImage
    │   │   └── HeicNotRead
    │   ├── TruncatedPhoto
    │   ├── PhotoTooManyBytes
    │   ├── PhotoTooManyPixels
    │   ├── PhotoTooSmall
    │   └── PhotoDecodeFailed         the decoder ran out of time or memory
    ├── FaceError                     what is (not) seen in it
    │   ├── NoFace
    │   ├── NoSuchFace
    │   ├── FaceTooSmall
    │   ├── FaceBlurred
    │   ├── FaceCut
    │   ├── HatInTheWay
    │   ├── NoHairLeft
    │   └── NothingToEdit             no beard to shave, no fringe to cut
    ├── RequestError                  what was asked for
    │   ├── UnknownFormat
    │   ├── BadOption
    │   ├── BadConfig
    │   └── ResultTooLarge
    ├── WeightsError                  the pretrained parts
    │   ├── WeightsUnreachable
    │   ├── WeightsCorrupt
    │   ├── WeightsUnwritable
    │   ├── UnknownWeights
    │   └── CheckpointError           a generator that somebody brought
    │       ├── BadCheckpoint
    │       ├── UnsafeCheckpoint
    │       └── WrongGenerator
    ├── TrainingError                 what an asset is fitted to
    │   ├── TrainingData
    │   └── ForeignBoundary           made for another generator
    ├── StateUnusable                 the folder for settings and the queue's store
    ├── DiskFull                      where results go, or what is needed on the way to them
    ├── DeviceUnavailable
    ├── OutOfMemory
    ├── QueueError                    the way to the engine
    │   ├── Busy
    │   ├── BrokerMissing
    │   ├── BrokerUnreachable
    │   ├── BadMessage
    │   ├── EngineAlreadyRunning
    │   └── PartFailed
    └── JobError                      what became of a job
        ├── Cancelled
        ├── Expired
        ├── TimedOut
        ├── Crashed
        └── Lost

``code`` is stable and crosses the queue; the bot turns it into the reader's language. ``str(error)`` is a
sentence in English that says what happened and what to do next. It never quotes a photo's contents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class RecedeError(Exception):
    """Base of all errors that are meant for a user's eyes.

    ``code`` names the class across processes and versions; ``details`` holds the numbers of the sentence
    so that it can be told again in another language.
    """

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str, **details: str | int | float) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class PhotoError(RecedeError):
    """The file that was handed in cannot be used."""

    code = "photo"


class NotAnImage(PhotoError):
    """The bytes are of no image format that is read here."""

    code = "not_an_image"


class HeicNotRead(NotAnImage):
    """A HEIC picture, on a machine without its decoder."""

    code = "heic_not_read"


class TruncatedPhoto(PhotoError):
    """The file ends too early or is damaged."""

    code = "truncated_photo"


class PhotoTooManyBytes(PhotoError):
    """The file is above the limit on bytes."""

    code = "photo_too_many_bytes"


class PhotoTooManyPixels(PhotoError):
    """The picture is above the limit on pixels."""

    code = "photo_too_many_pixels"


class PhotoTooSmall(PhotoError):
    """The picture has too few pixels for any face to be seen."""

    code = "photo_too_small"


class PhotoDecodeFailed(PhotoError):
    """The decoder hit its limit on time or memory."""

    code = "photo_decode_failed"


class FaceError(RecedeError):
    """The picture is fine, but what it shows cannot be edited."""

    code = "face"


class NoFace(FaceError):
    """No face was found."""

    code = "no_face"


class NoSuchFace(FaceError):
    """Face N was asked for and there are fewer."""

    code = "no_such_face"


class FaceTooSmall(FaceError):
    """The face has too few pixels."""

    code = "face_too_small"


class FaceBlurred(FaceError):
    """A face is there, but the parser sees none in it: too blurred, too small or too dark."""

    code = "face_blurred"


class FaceCut(FaceError):
    """Too much of the head lies outside the picture."""

    code = "face_cut"


class HatInTheWay(FaceError):
    """A hat covers the hair, or something else is worn in it."""

    code = "hat_in_the_way"


class NoHairLeft(FaceError):
    """There is no hair left to lose."""

    code = "no_hair_left"


class NothingToEdit(FaceError):
    """What an edit would change is not there."""

    code = "nothing_to_edit"


class RequestError(RecedeError):
    """What was asked for makes no sense."""

    code = "request"


class UnknownFormat(RequestError):
    """The output's format is none that can be written."""

    code = "unknown_format"


class BadOption(RequestError):
    """An option has a value outside its range."""

    code = "bad_option"


class BadConfig(RequestError):
    """The configuration file has an unknown key or a wrong type."""

    code = "bad_config"


class ResultTooLarge(RequestError):
    """Even the smallest encoding is above the limit on bytes."""

    code = "result_too_large"


class WeightsError(RecedeError):
    """A pretrained part is not to be had."""

    code = "weights"


class WeightsUnreachable(WeightsError):
    """The package index did not deliver the file."""

    code = "weights_unreachable"


class WeightsCorrupt(WeightsError):
    """A file's hash is not the pinned one."""

    code = "weights_corrupt"


class WeightsUnwritable(WeightsError):
    """The cache directory has no room, or may not be written."""

    code = "weights_unwritable"


class UnknownWeights(WeightsError):
    """No part of that name is in the table."""

    code = "unknown_weights"


class TrainingError(RecedeError):
    """An asset cannot be fitted, or was fitted to something else."""

    code = "training"


class TrainingData(TrainingError):
    """The samples or scores that a fit needs are missing, damaged or not enough."""

    code = "training_data"


class ForeignBoundary(TrainingError):
    """A boundary, or another asset, belongs to the W space of another generator."""

    code = "foreign_boundary"


class CheckpointError(WeightsError):
    """A generator's checkpoint cannot be used."""

    code = "checkpoint"


class BadCheckpoint(CheckpointError):
    """The file is none of the formats, truncated or damaged."""

    code = "bad_checkpoint"


class UnsafeCheckpoint(CheckpointError):
    """The file is a pickle that wants more than to hold tensors."""

    code = "unsafe_checkpoint"


class WrongGenerator(CheckpointError):
    """The file holds another network, or one of another size."""

    code = "wrong_generator"


class StateUnusable(RecedeError):
    """The state folder cannot be made, written to or named, or its disk is full."""

    code = "state_unusable"


class DiskFull(RecedeError):
    """The disk on which something is to be written has no room."""

    code = "disk_full"


class DeviceUnavailable(RecedeError):
    """The chosen device is not on this machine."""

    code = "device_unavailable"


class OutOfMemory(RecedeError):
    """The device's memory does not even hold the smallest piece of the work."""

    code = "out_of_memory"


class QueueError(RecedeError):
    """The way to the engine is closed."""

    code = "queue"


class Busy(QueueError):
    """The queue, or this user's share of it, is full."""

    code = "busy"


class BrokerMissing(QueueError):
    """The broker's program is not on this machine."""

    code = "broker_missing"


class BrokerUnreachable(QueueError):
    """The broker does not answer."""

    code = "broker_unreachable"


class BadMessage(QueueError):
    """A message of another version or shape."""

    code = "bad_message"


class EngineAlreadyRunning(QueueError):
    """Another engine holds this device."""

    code = "engine_already_running"


class PartFailed(QueueError):
    """A part of a process fails as often as it is started."""

    code = "part_failed"


class JobError(RecedeError):
    """A job ended without a result."""

    code = "job"


class Cancelled(JobError):
    """The job was cancelled by its owner."""

    code = "cancelled"

    def __init__(
        self, sentence: str = "The job was cancelled: send the photo again to start over.", **details: str | int | float
    ) -> None:
        super().__init__(sentence, **details)


class Expired(JobError):
    """The job waited past its deadline."""

    code = "expired"

    def __init__(
        self,
        sentence: str = "The job waited past its deadline and was not run: try again when the queue is shorter.",
        **details: str | int | float,
    ) -> None:
        super().__init__(sentence, **details)


class TimedOut(JobError):
    """The job worked past its time limit."""

    code = "timed_out"


class Crashed(JobError):
    """The job took its engine down, or failed, on every try."""

    code = "crashed"


class Lost(JobError):
    """The broker no longer has the job, nor a result of it."""

    code = "lost"


def all_errors(base: type[RecedeError] = RecedeError) -> Iterator[type[RecedeError]]:
    """Every class of the tree, base first."""
    yield base
    for child in base.__subclasses__():
        yield from all_errors(child)


def error_from_code(code: str, sentence: str, **details: str | int | float) -> RecedeError:
    """Rebuild an error that crossed the queue; a code of a newer version becomes a plain RecedeError."""
    by_code = {error.code: error for error in all_errors()}
    return by_code.get(code, RecedeError)(sentence, **details)
