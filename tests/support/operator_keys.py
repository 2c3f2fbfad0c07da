"""An operator's signed identities, as `nsc` makes them: operator, account, user, each a JWT signed by the one above.

Claims and signature: NATS documentation, "JWTs and Security"; keys: github.com/nats-io/nkeys.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys

OPERATOR, ACCOUNT, USER = (nkeys.PREFIX_BYTE_OPERATOR, nkeys.PREFIX_BYTE_ACCOUNT, nkeys.PREFIX_BYTE_USER)


@dataclass(frozen=True)
class Identity:
    """A key pair and its two written forms."""

    seed: bytes
    public: str

    @classmethod
    def new(cls, kind: int) -> Identity:
        """A fresh one of a kind."""
        seed = nkeys.encode_seed(os.urandom(32), kind)
        return cls(seed, nkeys.from_seed(bytearray(seed)).public_key.decode())


def signed(subject: Identity, issuer: Identity, name: str, claims: dict[str, Any]) -> str:
    """A JWT about `subject`, signed by `issuer`."""
    payload: dict[str, Any] = {"iat": int(time.time()), "iss": issuer.public, "name": name, "sub": subject.public}
    payload["nats"] = {**claims, "version": 2}
    digest = hashlib.sha256(json.dumps(payload).encode()).digest()
    payload["jti"] = base64.b32encode(digest).decode().rstrip("=")
    head = _part(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    body = f"{head}.{_part(json.dumps(payload).encode())}"
    return f"{body}.{_part(nkeys.from_seed(bytearray(issuer.seed)).sign(body.encode()))}"


def write_operator(folder: Path, port: int) -> tuple[Path, Path, Path]:
    """A broker's configuration under an operator, a member's credentials file, and a stranger's."""
    operator, account, system = Identity.new(OPERATOR), Identity.new(ACCOUNT), Identity.new(ACCOUNT)
    without_limit = dict.fromkeys(
        ("subs", "data", "payload", "imports", "exports", "conn", "leaf", "mem_storage", "disk_storage", "streams",
         "consumer"),
        -1,
    )  # fmt: skip
    limits = {**without_limit, "wildcards": True}
    account_jwt = signed(account, operator, "recede", {"type": "account", "limits": limits})
    # The system account must not have JetStream itself, and no JetStream starts without a system account.
    plain = {key: value for key, value in limits.items() if not key.endswith(("storage", "streams", "consumer"))}
    system_jwt = signed(system, operator, "system", {"type": "account", "limits": plain})
    configuration = folder / "operator.conf"
    configuration.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}/operator" }}\n'
        f"operator: {signed(operator, operator, 'operator', {'type': 'operator'})}\n"
        f"system_account: {system.public}\nresolver: MEMORY\n"
        f"resolver_preload: {{ {account.public}: {account_jwt}, {system.public}: {system_jwt} }}\n"
    )
    return (
        configuration,
        _credentials(folder / "member.creds", account),
        _credentials(folder / "stranger.creds", Identity.new(ACCOUNT)),
    )


def _credentials(path: Path, account: Identity) -> Path:
    user = Identity.new(USER)
    jwt = signed(user, account, "bot", {"type": "user", "subs": -1, "data": -1, "payload": -1})
    path.write_text(
        f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    return path


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
