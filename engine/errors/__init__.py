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
    │   ├── DrawnFace                 a cartoon's
    │   ├── FaceCut
    │   ├── HatInTheWay
    │   ├── TooYoung                  a child's face
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
    ├── MachineBusy                   other work leaves it no processor time
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

from engine.errors.base import (
    RecedeError,
)
from engine.errors.codes import (
    all_errors,
    error_from_code,
)
from engine.errors.face import (
    DrawnFace,
    FaceBlurred,
    FaceCut,
    FaceError,
    FaceTooSmall,
    HatInTheWay,
    NoFace,
    NoHairLeft,
    NoSuchFace,
    NothingToEdit,
    TooYoung,
)
from engine.errors.job import (
    Cancelled,
    Crashed,
    Expired,
    JobError,
    Lost,
    TimedOut,
)
from engine.errors.machine import (
    DeviceUnavailable,
    DiskFull,
    MachineBusy,
    OutOfMemory,
    StateUnusable,
)
from engine.errors.photo import (
    HeicNotRead,
    NotAnImage,
    PhotoDecodeFailed,
    PhotoError,
    PhotoTooManyBytes,
    PhotoTooManyPixels,
    PhotoTooSmall,
    TruncatedPhoto,
)
from engine.errors.queue import (
    BadMessage,
    BrokerMissing,
    BrokerUnreachable,
    Busy,
    EngineAlreadyRunning,
    PartFailed,
    QueueError,
)
from engine.errors.request import (
    BadConfig,
    BadOption,
    RequestError,
    ResultTooLarge,
    UnknownFormat,
)
from engine.errors.training import (
    ForeignBoundary,
    TrainingData,
    TrainingError,
)
from engine.errors.weights import (
    BadCheckpoint,
    CheckpointError,
    UnknownWeights,
    UnsafeCheckpoint,
    WeightsCorrupt,
    WeightsError,
    WeightsUnreachable,
    WeightsUnwritable,
    WrongGenerator,
)

__all__ = [
    "BadCheckpoint",
    "BadConfig",
    "BadMessage",
    "BadOption",
    "BrokerMissing",
    "BrokerUnreachable",
    "Busy",
    "Cancelled",
    "CheckpointError",
    "Crashed",
    "DeviceUnavailable",
    "DiskFull",
    "DrawnFace",
    "EngineAlreadyRunning",
    "Expired",
    "FaceBlurred",
    "FaceCut",
    "FaceError",
    "FaceTooSmall",
    "ForeignBoundary",
    "HatInTheWay",
    "HeicNotRead",
    "JobError",
    "Lost",
    "MachineBusy",
    "NoFace",
    "NoHairLeft",
    "NoSuchFace",
    "NotAnImage",
    "NothingToEdit",
    "OutOfMemory",
    "PartFailed",
    "PhotoDecodeFailed",
    "PhotoError",
    "PhotoTooManyBytes",
    "PhotoTooManyPixels",
    "PhotoTooSmall",
    "QueueError",
    "RecedeError",
    "RequestError",
    "ResultTooLarge",
    "StateUnusable",
    "TimedOut",
    "TooYoung",
    "TrainingData",
    "TrainingError",
    "TruncatedPhoto",
    "UnknownFormat",
    "UnknownWeights",
    "UnsafeCheckpoint",
    "WeightsCorrupt",
    "WeightsError",
    "WeightsUnreachable",
    "WeightsUnwritable",
    "WrongGenerator",
    "all_errors",
    "error_from_code",
]
