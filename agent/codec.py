"""Frozen dataclasses to JSON values and back, driven by their type annotations.

Knows what the words of the domain are made of: dataclasses, string enums, tuples, mappings, optional values and
plain scalars. Anything else is an error when it is met, not a guess.
"""

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["decode", "encode"]

Value = TypeVar("Value")
Encoder = Callable[[Any], Any]  # Any: any word of the domain on one side, JSON on the other
Decoder = Callable[[Any], Any]  # Any: JSON on one side, any word of the domain on the other

_SCALARS = (str, int, float, bool, type(None))


def encode(value: object) -> Any:  # Any: JSON
    """The JSON value of a word of the domain; dataclasses become objects by field name."""
    kind: Any = type(value)  # Any: the checker does not see that types are hashable
    if kind in _SCALARS:
        return value
    return _encoder(kind)(value)


@cache
def _encoder(kind: Any) -> Encoder:  # Any: a type
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, _SCALARS):
        return _same
    if is_dataclass(kind):
        names = [field.name for field in fields(kind)]
        values = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
        return lambda value: {  # scalars stay without a call: a page has thousands of them
            name: item if type(item) in _SCALARS else encode(item)
            for name, item in zip(names, values(value), strict=True)
        }
    if issubclass(kind, tuple):
        return lambda value: [item if type(item) in _SCALARS else encode(item) for item in value]
    if issubclass(kind, Mapping):
        return lambda value: {encode(key): encode(item) for key, item in value.items()}
    raise TypeError(f"cannot encode {kind.__name__}: expected dataclass, enum, tuple, mapping or scalar")


def decode(kind: type[Value], data: Any) -> Value:  # Any: JSON
    """The object of type `kind` that `encode` made `data` from.

    Raises:
        KeyError, TypeError, ValueError: if `data` does not have that shape.
    """
    hashable: Any = kind  # Any: the checker does not see that types are hashable
    result: Value = _decoder(hashable)(data)
    return result


@cache
def _decoder(kind: Hashable) -> Decoder:
    return _make_decoder(kind)


def _make_decoder(kind: Any) -> Decoder:  # Any: a type or a generic alias
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _optional(_decoder(inner))
    if origin is tuple:
        return _tuple(arguments)
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_decoder(arguments[0]), _decoder(arguments[1]))
    if is_dataclass(kind):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind in _SCALARS:
        return _same
    raise TypeError(f"cannot decode {kind}: expected dataclass, enum, tuple, mapping or scalar")


def _same(data: Any) -> Any:  # Any: JSON scalar
    return data


def _optional(inner: Decoder) -> Decoder:
    return lambda data: None if data is None else inner(data)


def _tuple(arguments: tuple[Any, ...]) -> Decoder:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _decoder(arguments[0])
        return lambda data: tuple([item(entry) for entry in data])
    items = [_decoder(argument) for argument in arguments]
    return lambda data: tuple([item(entry) for item, entry in zip(items, data, strict=True)])


def _mapping(key: Decoder, item: Decoder) -> Decoder:
    return lambda data: MappingProxyType({key(name): item(entry) for name, entry in data.items()})


def _dataclass(kind: Any) -> Decoder:  # Any: a dataclass type
    hints = get_type_hints(kind)
    decoders = [(field.name, _decoder(hints[field.name])) for field in fields(kind)]
    return lambda data: kind(**{name: decoder(data[name]) for name, decoder in decoders})
