"""Records as JSON: for each type of record a struct with the same fields, and the way from one to the other.

Bytes are lower hexadecimal digits, tuples are lists, and where an id is asked for its DID will do as well.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

import msgspec

from ..onchain.codec import Record, folder_of
from ..onchain.ids import DID_PREFIX, ID_BYTES, from_did
from ..onchain.refusals import broken
from .descriptions import Descriptions
from .errors import BAD_REQUEST

Reader = Callable[[Any], Any]
"""a value of the JSON form -> the record's value"""

BIGGEST = (1 << 53) - 1
"""What every JSON reader holds exactly."""
ID_PATTERN = f"^([0-9a-f]{{{2 * ID_BYTES}}}|{DID_PREFIX}[a-z2-7]{{32}})$"
IdText: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=ID_PATTERN,
        min_length=2 * ID_BYTES,
        max_length=2 * ID_BYTES,
        description="An id as 40 lower hexadecimal digits, or the DID of an account.",
    ),
]
"""DIDs happen to be as long as the digits: `did:acc:` and 32 characters."""


class Shape(NamedTuple):
    """The JSON form of a type, and how a value of it becomes the record's."""

    json: Any
    read: Reader


class Shapes:
    """Makes the JSON forms of records, each once, so that the reference names each once."""

    def __init__(self) -> None:
        self.descriptions = Descriptions()
        self._structs: dict[type, Shape] = {}

    def of(self, annotation: Any) -> Shape:
        """Gives the JSON form of an annotation as records have them."""
        arguments = get_args(annotation)
        match get_origin(annotation):
            case None:
                return self._plain(annotation)
            case origin if origin is Annotated:
                return self._bounded(arguments[0], arguments[1:])
            case origin if origin is Literal:
                return Shape(annotation, _same)
            case origin if origin is tuple:
                return self._sequence(arguments)
            case origin if origin in (Union, types.UnionType):
                return self._optional(arguments)
        return broken(f"records have no fields of {annotation}")

    def _plain(self, kind: Any) -> Shape:
        if kind is bytes:
            return _digits(msgspec.Meta())
        if kind is int:
            return Shape(Annotated[int, msgspec.Meta(ge=-BIGGEST, le=BIGGEST)], _same)
        if kind in (str, bool):
            return Shape(kind, _same)
        if isinstance(kind, type) and issubclass(kind, Record):
            return self.record(kind)
        return broken(f"records have no fields of {kind}")

    def _bounded(self, kind: Any, metas: tuple[Any, ...]) -> Shape:
        (meta,) = metas
        if kind is bytes:
            return _digits(meta)
        inner = self.of(kind)
        if kind is int:
            least = meta.ge if meta.ge is not None else -BIGGEST
            # JSON Schema has an exclusive bound too; one way to say it is enough.
            most = meta.le if meta.le is not None else meta.lt - 1 if meta.lt is not None else BIGGEST
            return Shape(Annotated[int, msgspec.Meta(ge=least, le=most)], _same)
        return Shape(Annotated[inner.json, meta], inner.read)

    def _sequence(self, arguments: tuple[Any, ...]) -> Shape:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            item = self.of(arguments[0])
            every: Any = (item.json, ...)
            return Shape(tuple[every], lambda values: tuple(item.read(value) for value in values))
        items = [self.of(argument) for argument in arguments]
        forms: Any = tuple(item.json for item in items)

        def read(values: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(item.read(value) for item, value in zip(items, values, strict=True))

        return Shape(tuple[forms], read)

    def _optional(self, arguments: tuple[Any, ...]) -> Shape:
        kinds = [argument for argument in arguments if argument is not types.NoneType]
        if len(kinds) != 1 or len(arguments) != 2:
            broken(f"a field of a record is one thing or None, not {arguments}")
        inner = self.of(kinds[0])
        return Shape(inner.json | None, lambda value: None if value is None else inner.read(value))

    def record(self, kind: type[Record]) -> Shape:
        """Gives the struct with the fields of a record; what stands beneath them describes them."""
        if kind not in self._structs:
            self._structs[kind] = self._made(kind)
        return self._structs[kind]

    def _made(self, kind: type[Record]) -> Shape:
        texts, readers, fields = self.descriptions.of(kind), dict[str, Reader](), []
        for field in msgspec.structs.fields(kind):
            inner = self.of(field.type)
            readers[field.name] = inner.read
            form = inner.json
            if field.name in texts:
                form = Annotated[form, msgspec.Meta(description=texts[field.name])]
            fields.append((field.name, form) if field.required else (field.name, form, _default(field.default)))
        form = msgspec.defstruct(
            f"{folder_of(kind.__module__).capitalize()}{kind.__name__}",
            fields,
            namespace={"__doc__": kind.__doc__ or f"What {kind.__name__} says."},
            module=__name__,
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=True,
        )
        return Shape(form, lambda value: read_fields(kind, readers, vars_of(value)))


def vars_of(value: Any) -> Mapping[str, Any]:
    """Gives the fields of a struct by name."""
    return msgspec.structs.asdict(value)


def read_fields(kind: type[Record], readers: Mapping[str, Reader], values: Mapping[str, Any]) -> Any:
    """Makes a record from the JSON form of its fields."""
    return kind(**{name: read(values[name]) for name, read in readers.items()})


def read_id(text: str) -> bytes:
    """Reads an id from its digits, or an account from its DID."""
    return from_did(text) if text.startswith(DID_PREFIX) else read_digits(text)


def read_digits(text: str) -> bytes:
    """Reads bytes from lower hexadecimal digits."""
    # A pattern of JSON Schema lets a line's end pass, and `fromhex` skips spaces.
    if len(text) % 2 or not set(text) <= set("0123456789abcdef"):
        raise BAD_REQUEST(f"not lower hexadecimal digits in pairs: {text[:80]}")
    return bytes.fromhex(text)


def _digits(meta: msgspec.Meta) -> Shape:
    """Gives the form of bytes within bounds."""
    least, most = meta.min_length or 0, meta.max_length
    if least == most == ID_BYTES:
        return Shape(IdText, read_id)
    pattern = f"^[0-9a-f]{{{2 * least}}}$" if least == most else "^([0-9a-f][0-9a-f])*$"
    form = Annotated[
        str,
        msgspec.Meta(
            pattern=pattern,
            min_length=2 * least or None,
            max_length=None if most is None else 2 * most,
            description="Bytes as lower hexadecimal digits.",
        ),
    ]
    return Shape(form, read_digits)


def _default(value: Any) -> Any:
    """Gives the JSON form of a field's default, which is None, a number, bytes, a text or an empty list."""
    if isinstance(value, Record):
        broken("a field's default has a plain JSON form")
    return value.hex() if isinstance(value, bytes) else value


def _same(value: Any) -> Any:
    return value
