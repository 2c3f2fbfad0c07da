"""What was asked for."""

from __future__ import annotations

from engine.errors.base import RecedeError


class RequestError(RecedeError):
    """What was asked for makes no sense."""

    code = "request"


class UnknownFormat(RequestError):
    """The output's format is not one that can be written."""

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
