"""How a user's own code is called, by its signature: where channels go, what the options are."""

import inspect
from typing import Any, Literal, get_args, get_origin, get_type_hints

from attnbench.declaration import REQUIRED, Declaration, OptionSpec
from attnbench.own import Found, OwnError
from attnbench.printable import one_line

_CHANNELS = ("channels", "in_channels", "dim", "in_dim", "inplanes", "planes")
_AS_MANY = ("out_channels", "out_dim", "outplanes")  # a head gives as many as it takes
_SIMPLE = (bool, int, float, str)


def declared(found: Found) -> Declaration:
    """Docstring, facts and options, as the files of attnbench declare theirs in their text.

    Options are the parameters with a default that can be typed, and those that have none but for
    the channels. Raises OwnError for a head that cannot be given channels.
    """
    doc = inspect.getdoc(found.thing) or ""
    options = {
        name: OptionSpec(_default(p), _choices(found.thing, name))
        for name, p in _parameters(found).items()
        if name not in (*_CHANNELS, *_AS_MANY) and _is_option(p)
    }
    return Declaration(found.name, doc, found.facts, options)


def builder(found: Found) -> Any:
    """(channels, **options) -> module; the class itself where that is how it is called."""
    parameters = _parameters(found)
    channels = next((name for name in _CHANNELS if name in parameters), None)
    if channels is None:
        names = ", ".join(parameters) or "no parameter"
        raise OwnError(
            f"{found.where}: has {names}; a head is made by Name(channels), so call one of them "
            f"`channels`, or name a function build(channels) that makes it"
        )
    first, others = next(iter(parameters)), [n for n in _AS_MANY if _is_needed(parameters.get(n))]
    if channels == first and not others:
        return found.thing

    def build(channels_: int, **options: Any) -> Any:
        return found.thing(**{channels: channels_}, **dict.fromkeys(others, channels_), **options)

    return build


def _parameters(found: Found) -> dict[str, inspect.Parameter]:
    try:
        named = inspect.signature(found.thing).parameters
    except (TypeError, ValueError) as error:
        raise OwnError(f"{found.where}: {one_line(str(error))}") from None
    spread = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in named.items() if p.kind not in spread}


def _is_needed(parameter: inspect.Parameter | None) -> bool:
    return parameter is not None and parameter.default is inspect.Parameter.empty


def _is_option(parameter: inspect.Parameter) -> bool:
    return _is_needed(parameter) or isinstance(parameter.default, (*_SIMPLE, type(None)))


def _default(parameter: inspect.Parameter) -> Any:
    return REQUIRED if _is_needed(parameter) else parameter.default


def _choices(thing: Any, name: str) -> tuple[Any, ...]:
    """Of a parameter annotated as a Literal."""
    try:
        hints = get_type_hints(thing.__init__ if inspect.isclass(thing) else thing)
    except Exception:  # noqa: BLE001 an annotation may be any code, and raise anything
        return ()
    hint = hints.get(name)
    return get_args(hint) if get_origin(hint) is Literal else ()
