"""Where the index's tables lie: a SQLite file, or a PostgreSQL database."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError, SQLAlchemyError

from ..onchain.refusals import present
from ..privacy import make_private_folder
from .errors import AWAY, BAD_URL, FOREIGN_DATABASE, NO_DRIVER
from .tables import META, SCHEMA_VERSION, TABLES

BUSY_S = 10.0
"""How long a SQLite file is waited for that another connection writes to."""
CONNECTIONS, MORE_CONNECTIONS = 4, 28
"""How many are kept open, and how many more there may be while many ask at once."""
FREE_S = 5.0
"""How long to wait until one of them is free."""
POSTGRESQL = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 5, "tcp_user_timeout": 15_000}
"""So that a server that vanished is noticed within seconds."""
_UNREADABLE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))

_NOT_LAID_OUT = frozenset(("42P01", "42703"))
"""PostgreSQL's codes for a table or column that is not there: SQLite counts them among what may pass."""

_MARKS = frozenset(("chain_id", "schema_version"))
"""Columns of the table META by which the index knows its own database."""
_log = logging.getLogger(__name__)


class Database:
    """A database of the index; it may be used from any thread.

    `url` is SQLAlchemy's: `sqlite:////folder/index.sqlite` or `postgresql+psycopg://user@host/database`.
    """

    def __init__(self, url: str | URL) -> None:
        self._url = _read_url(url)
        self._file = Path(present(self._url.database, "SQLite has a file")) if _is_sqlite(self._url) else None
        self._is_homes = False
        """Whether the file is the home's own, which nobody keeps anything else in."""
        self._inode: tuple[int, int] | None = None
        """The file that was taken up, and so is the index's; None before."""
        self._taking = threading.Lock()
        self._engine = self._make_engine()

    @classmethod
    def in_file(cls, path: Path) -> Database:
        """Keeps the index in a SQLite file of its own, which needs not exist: one that can't be read is put aside."""
        database = cls(URL.create("sqlite", database=str(path.absolute())))
        database._is_homes = True
        return database

    def __str__(self) -> str:
        """Names the database without its password."""
        return str(self._file or self._url.render_as_string(hide_password=True))

    def _make_engine(self) -> Engine:
        shared: dict[str, Any] = {
            "pool_size": CONNECTIONS,
            "max_overflow": MORE_CONNECTIONS,
            "pool_timeout": FREE_S,
            "json_serializer": lambda value: msgspec.json.encode(value).decode(),
            "json_deserializer": msgspec.json.decode,
        }
        if self._file is None:
            try:
                from .server import connect

                engine = create_engine(self._url, connect_args=POSTGRESQL, pool_pre_ping=True, **shared)
            except ImportError:
                raise NO_DRIVER() from None
            event.listen(engine, "do_connect", lambda dialect, record, given, named: connect(*given, **named))
            return engine
        engine = create_engine(self._url, creator=self._connect, **shared)
        # The driver begins a transaction by itself only before some statements.
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine

    def _connect(self) -> sqlite3.Connection:
        """Opens the file that was taken up: SQLite itself would make one that others may read, or change another's."""
        file = present(self._file, "SQLite has a file")
        if not self._is_taken:
            raise sqlite3.OperationalError("the file is not taken up")
        address = f"{file.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        # What a power failure takes of the last moments is written again from the chain.
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Gives a connection whose changes happen all, or none when the block fails."""
        with self._engine.connect() as connection, self._patient(connection), connection.begin():
            yield connection

    @contextlib.contextmanager
    def _patient(self, connection: Connection) -> Iterator[None]:
        """Gives a server the time that changes take."""
        if self._file is not None:
            yield
            return
        from .server import ANSWER_S, WRITTEN_S

        driver: Any = connection.connection.driver_connection
        driver.answer_s = WRITTEN_S
        try:
            yield
        finally:
            driver.answer_s = ANSWER_S

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Gives a connection that sees one state of the database; refuses while there is none to see."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", "") not in _NOT_LAID_OUT:
                raise
            raise AWAY(_cause(error)) from None

    @property
    def is_moved(self) -> bool:
        """Whether the file that was taken up does not lie in its place any more."""
        return self._file is not None and self._inode is not None and _inode(self._file) != self._inode

    @property
    def _is_taken(self) -> bool:
        """Whether the file in this place is the one that was taken up."""
        return self._inode is not None and not self.is_moved

    def take_up(self) -> None:
        """Makes the tables where they are missing or of another version; refuses a database of others'."""
        with self._taking:
            if self._file is not None:
                self._take_file(self._file)
            with self.writing() as connection:
                _lay_out(connection)

    def _take_file(self, file: Path) -> None:
        if self.is_moved:
            self._engine.dispose()
        if file.exists():
            if not file.is_file():
                raise FOREIGN_DATABASE("it is no file")
            if not self._is_homes and not self._is_taken and _is_others(file):
                raise FOREIGN_DATABASE()
        else:
            make_private_folder(file.parent)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        file.chmod(0o600)
        self._inode = _inode(file)

    def mend(self, error: SQLAlchemyError) -> None:
        """Lets go of connections after an error, and puts a file of the index aside that is damaged."""
        self._engine.dispose()
        cause = error.orig if isinstance(error, DBAPIError) else None
        if self._file is None or getattr(cause, "sqlite_errorcode", 0) & 0xFF not in _UNREADABLE:
            return
        if not self._is_homes and not self._is_taken:
            return
        aside = _free(self._file.with_name(f"{self._file.name}.damaged"))
        for end in ("-wal", "-shm"):
            self._file.with_name(self._file.name + end).unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            self._file.replace(aside)
        _log.warning("The index %s can't be read: it lies in %s now, and a new one is built.", self._file, aside)

    def close(self) -> None:
        """Lets go of all connections."""
        self._engine.dispose()


def _read_url(given: str | URL) -> URL:
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        # It may hold a password, so it is not repeated.
        raise BAD_URL() from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if not _is_sqlite(url) or url.database in (None, "", ":memory:"):
        raise BAD_URL(url.drivername)
    return url


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _inode(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_others(file: Path) -> bool:
    """Whether a file holds what is not the index's; it is only read, and stays as it is."""
    if file.stat().st_size == 0:
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({META.name})")}
    except sqlite3.Error:
        return True
    return bool(tables) and not _MARKS.issubset(columns)


def _free(path: Path) -> Path:
    """Gives a path or, where something lies there, the first one with a number behind it that is free."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return path if not path.exists() else next(each for each in numbered if not each.exists())


def _cause(error: SQLAlchemyError) -> str:
    """Tells the first line of what the database said, which holds no value of a row."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return str(said).partition("\n")[0][:200]


def _lay_out(connection: Connection) -> None:
    """Has all tables as this version writes them; those of another version go with all that is in them."""
    inspector = inspect(connection)
    names = set(inspector.get_table_names())
    found = {
        table.name: [column["name"] for column in inspector.get_columns(table.name)]
        for table in TABLES
        if table.name in names
    }
    wanted = {table.name: [column.name for column in table.columns] for table in TABLES}
    if found and not _MARKS.issubset(found.get(META.name, ())):
        raise FOREIGN_DATABASE(", ".join(sorted(found)))
    if found == wanted and _version(connection) in (None, SCHEMA_VERSION):
        return
    for table in reversed(TABLES):
        table.drop(connection, checkfirst=True)
    for table in TABLES:
        table.create(connection)


def _version(connection: Connection) -> int | None:
    """Gives the version in which the tables were written, None where nothing was; of several, the oldest."""
    return connection.execute(select(META.c.schema_version).order_by(META.c.schema_version)).scalars().first()
