"""A strategy's parameters in words: what can be set, within which bounds, and what is wrong with what was set. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shared.trading import Strategy

_BOUNDS = {
    "ge": ">= {}",
    "gt": "> {}",
    "le": "<= {}",
    "lt": "< {}",
    "multiple_of": "a multiple of {}",
    "min_length": "at least {} long",
    "max_length": "at most {} long",
    "pattern": "like {}",
}


@dataclass(frozen=True)
class Parameter:
    """One parameter; `default` as JSON or TOML would have it, None with `required` where there is none."""

    name: str
    kind: str
    bounds: str
    default: Any
    required: bool

    def __str__(self) -> str:
        default = "required" if self.required else f"default {self.default}"
        return f"{self.name} ({', '.join(filter(None, [self.kind, self.bounds, default]))})"


def parameters_of(kind: type[Strategy]) -> tuple[Parameter, ...]:
    """What a strategy takes, in the order it names them."""
    return tuple(_parameter(name, field) for name, field in kind.Parameters.model_fields.items())


def mistakes(kind: type[Strategy], error: ValidationError) -> str:
    """What is wrong with each key, and what would be right."""
    known = {parameter.name: parameter for parameter in parameters_of(kind)}
    return "; ".join(_mistake(known, detail) for detail in error.errors(include_url=False))


def _mistake(known: dict[str, Parameter], detail: ErrorDetails) -> str:
    key, message = ".".join(map(str, detail["loc"])), detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "extra_forbidden":
        there_are = f"there are {', '.join(known)}" if known else "the strategy takes none"
        return f"{key} is no parameter: {there_are}"
    parameter = known.get(str(detail["loc"][0])) if detail["loc"] else None
    if parameter is None:
        return message
    if detail["type"] == "missing":
        return f"{parameter} is missing"
    return f"{key} = {detail['input']!r}: {message}; allowed is {parameter}"


def _parameter(name: str, field: FieldInfo) -> Parameter:
    required = field.is_required()
    default = None if required else field.get_default(call_default_factory=True, validated_data={})
    kind = field.annotation.__name__ if type(field.annotation) is type else str(field.annotation).replace("typing.", "")
    return Parameter(name, kind, ", ".join(_bounds(field)), default, required)


def _bounds(field: FieldInfo) -> Iterator[str]:
    for constraint in field.metadata:
        for attribute, words in _BOUNDS.items():
            value = getattr(constraint, attribute, None)
            if value is not None:
                yield words.format(value)
