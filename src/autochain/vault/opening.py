"""Opens the vault that an address names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import errors
from .folder import FolderVault
from .s3 import Credentials, S3Vault
from .vault import Vault

DEFAULT_REGION = "us-east-1"


def open_vault(url: str, *, environment: Mapping[str, str] = os.environ) -> Vault:
    """Opens a folder by its path or `file:` address, or a bucket by `s3://BUCKET/PREFIX`.

    Endpoint, region and credentials of a bucket come from the variables that AWS's own tools read, as AWS_ENDPOINT_URL;
    without an endpoint it is AWS's own.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", url)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise errors.BAD_ADDRESS() from None
    # What was given is not repeated: it may have a password in it.
    if scheme is None and url:
        return FolderVault(Path(url))
    if parts.scheme == "file" and parts.path and parts.netloc in ("", "localhost") and not parts.query + parts.fragment:
        return FolderVault(Path(unquote(parts.path)))
    if parts.scheme != "s3" or "@" in url or ":" in parts.netloc or parts.query or parts.fragment:
        raise errors.BAD_ADDRESS()
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    return S3Vault(
        endpoint=endpoint or f"https://s3.{region}.amazonaws.com",
        bucket=parts.netloc,
        prefix=parts.path.removeprefix("/").removesuffix("/"),
        credentials=Credentials.of(environment),
        region=region,
    )
