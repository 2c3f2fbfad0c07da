"""Discord's limits on how often: a window per route, 50 requests a second in all, 10,000 invalid ones in 10 minutes.

Discord does not publish the windows of its routes and may change them; these are the values that its headers show.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field

GLOBAL_LIMIT = 50
GLOBAL_PERIOD_S = 1.0
INVALID_LIMIT = 10_000
INVALID_PERIOD_S = 600.0
# What counts as invalid; a 429 does unless another application used up a shared limit.
INVALID_STATUSES = (401, 403, 429)

# (method and path, requests, seconds); the groups of the expression name whose window it is.
WINDOWS: tuple[tuple[re.Pattern[str], int, float], ...] = (
    (re.compile(r"(?:POST|PATCH|DELETE|GET) (/webhooks/\d+/[^/]+)(?:/.*)?"), 5, 5.0),
    (re.compile(r"POST (/channels/\d+/messages)"), 5, 5.0),
    (re.compile(r"(?:PATCH|DELETE) (/channels/\d+/messages)/\d+"), 5, 5.0),
    (re.compile(r"POST (/users/@me/channels)"), 10, 10.0),
)


@dataclass
class Window:
    """So many requests in so many seconds, counted from the first one."""

    limit: int
    period_s: float
    begun_s: float = -1e9
    used: int = 0

    def take(self, now_s: float) -> bool:
        """Whether one more fits."""
        if now_s - self.begun_s >= self.period_s:
            self.begun_s, self.used = now_s, 0
        self.used += 1
        return self.used <= self.limit

    def reset_after_s(self, now_s: float) -> float:
        """Until the window is empty again."""
        return max(0.001, self.begun_s + self.period_s - now_s)

    def headers(self, now_s: float, bucket: str) -> dict[str, str]:
        """What Discord says about it on every answer."""
        left_s = self.reset_after_s(now_s)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "X-RateLimit-Reset": f"{time.time() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": bucket,
        }


@dataclass
class Verdict:
    """Whether a request may pass. retry_after_s: None when it may."""

    headers: dict[str, str]
    retry_after_s: float | None = None
    is_global: bool = False


@dataclass
class Limits:
    """All windows of one application."""

    invalid_limit: int = INVALID_LIMIT
    everything: Window = field(default_factory=lambda: Window(GLOBAL_LIMIT, GLOBAL_PERIOD_S))
    invalid: Window = field(default_factory=lambda: Window(INVALID_LIMIT, INVALID_PERIOD_S))
    windows: dict[str, Window] = field(default_factory=dict)
    exceeded: list[str] = field(default_factory=list)  # every request that was too many

    def judge(self, method: str, path: str, authorised: bool) -> Verdict:
        """Count one request. Interaction routes carry no bot token and are exempt from the limit on everything."""
        now_s = time.monotonic()
        if authorised and not self.everything.take(now_s):
            self.exceeded.append(f"global {method} {path}")
            return Verdict({"X-RateLimit-Global": "true"}, self.everything.reset_after_s(now_s), True)
        for expression, limit, period_s in WINDOWS:
            match = expression.fullmatch(f"{method} {path}")
            if match:
                key = f"{expression.pattern} {match.groups()}"
                window = self.windows.setdefault(key, Window(limit, period_s))
                passes = window.take(now_s)
                headers = window.headers(now_s, f"{abs(hash(expression.pattern)):x}"[:16])
                if passes:
                    return Verdict(headers)
                self.exceeded.append(f"{method} {path}")
                return Verdict(headers, window.reset_after_s(now_s))
        return Verdict({})

    @property
    def banned(self) -> bool:
        """Whether there were too many invalid requests."""
        fresh = time.monotonic() - self.invalid.begun_s < self.invalid.period_s
        return fresh and self.invalid.used >= self.invalid_limit

    def note(self, status: int) -> None:
        """Count an answer."""
        if status in INVALID_STATUSES:
            self.invalid.take(time.monotonic())

    @property
    def invalid_requests(self) -> int:
        """How many of the present ten minutes were invalid."""
        return self.invalid.used
