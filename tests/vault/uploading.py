"""Uploads objects in a process that can be killed: `python -m vault.uploading ADDRESS OBJECTS KILLED_AT`.

It prints how far it is; when it is as far as KILLED_AT, it kills itself as the system kills a process.
"""

from __future__ import annotations

import os
import signal
import sys

from vault.kept import some_objects

from autochain.vault import open_vault


def main(address: str, count: int, killed_at: int) -> None:
    def tell(done: int, of: int) -> None:
        print(done, of, flush=True)
        if done >= killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    open_vault(address).put_all(some_objects(count), progress=tell)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
