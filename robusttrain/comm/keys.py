"""Keys: the files by which server and worker ranks know each other when they start apart.

A folder holds server.key and server.crt, rank-1.key and rank-1.crt, and so on. The server needs its
own key and all certificates; rank i needs rank-i.key, rank-i.crt and server.crt.
"""

import os
import re
from pathlib import Path

from robusttrain.comm.identity import SERVER, Identity, fits, fresh
from robusttrain.comm.tls import binary

KEY = "cluster.keys"
MOST_RANKS = 100_000


def make(folder: Path, ranks: int) -> list[Path]:
    """Make identities of the server and of `ranks` worker ranks; the paths of their files.

    The folder is for its owner alone, and so are the keys in it. Raises ValueError for fewer than
    one rank, and if the folder holds anything: no key is ever overwritten.
    """
    if not 1 <= ranks <= MOST_RANKS:
        raise ValueError(f"--ranks {ranks} must be in 1..{MOST_RANKS}, the worker ranks; use 3")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ValueError(
                f"{folder} holds something, and keys are never overwritten; name a new folder"
            )
        folder.chmod(0o700)
    except OSError as error:
        raise ValueError(f"{folder} cannot be made: {error.strerror}; name another") from error
    paths = []
    for name in (SERVER, *(name_of(rank) for rank in range(1, ranks + 1))):
        identity = fresh(name)
        for ending, data, mode in (
            ("key", identity.key, 0o600), ("crt", identity.certificate, 0o644)
        ):  # fmt: skip
            paths.append(folder / f"{name}.{ending}")
            with open(os.open(paths[-1], os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(data)
    return paths


def name_of(rank: int) -> str:
    """What the files of this rank are called; 0: the server."""
    return f"rank-{rank}" if rank else SERVER


def load(folder: Path, rank: int) -> Identity:
    """The identity of a rank (0: the server). Raises ValueError if it is not safe or not whole."""
    name = name_of(rank)
    path = folder / f"{name}.key"
    key = read(path)
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise ValueError(
            f"{KEY}={folder}: others can read {path.name} (mode {mode:o}), and a key is for its "
            f"owner alone; chmod 600 {path}, or make new keys if others have seen it"
        )
    identity = Identity(key, read(folder / f"{name}.crt"))
    try:
        fit = fits(identity)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{KEY}={folder}: {name}.key or {name}.crt is damaged ({error}); copy them again, or "
            "make new keys with robusttrain keys"
        ) from error
    if not fit:
        raise ValueError(
            f"{KEY}={folder}: {name}.crt is not the certificate of {name}.key; copy both from "
            "where robusttrain keys made them"
        )
    return identity


def certificate(folder: Path, rank: int) -> bytes:
    """The certificate (PEM) of a rank (0: the server). Raises ValueError if it cannot be read."""
    path = folder / f"{name_of(rank)}.crt"
    data = read(path)
    try:
        binary(data)
    except ValueError as error:
        raise ValueError(
            f"{KEY}={folder}: {path.name} is no certificate ({error}); copy it again"
        ) from error
    return data


def certificates(folder: Path) -> dict[int, bytes]:
    """rank -> certificate (PEM), of all worker ranks that the folder knows."""
    names = (re.fullmatch(r"rank-([1-9][0-9]*)\.crt", path.name) for path in folder.glob("*.crt"))
    ranks = sorted(int(name[1]) for name in names if name)
    if not ranks:
        raise ValueError(
            f"{KEY}={folder} holds no certificate of a worker rank (rank-1.crt); make keys with "
            "robusttrain keys, or copy the certificates there"
        )
    return {rank: certificate(folder, rank) for rank in ranks}


def read(path: Path) -> bytes:
    """The content of a file. Raises ValueError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"{KEY}={path.parent}: {path.name} cannot be read ({error.strerror}); copy it there, "
            "or make keys with robusttrain keys FOLDER --ranks W"
        ) from error
