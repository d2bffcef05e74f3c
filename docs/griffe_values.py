"""An extension of griffe: real default values and all constructors."""

from __future__ import annotations

import dataclasses
import enum
import importlib
from typing import Any

import griffe


class RealValues(griffe.Extension):
    """Takes from the imported package what its source text does not say."""

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Give a field its default value; an attribute of instances none."""
        if isinstance(attr.parent, griffe.Class) and attr.value is not None:
            cls = _imported(attr.parent)
            defaults = _defaults(cls)
            if attr.name in defaults:
                attr.value = _shown(defaults[attr.name])
            elif attr.name not in vars(cls):
                attr.value = None

    def on_function_instance(self, *, func: griffe.Function, **_: Any) -> None:
        """Show the value of a default, and the call of a Hypothesis strategy."""
        if any(
            str(decorator.value) == "st.composite" for decorator in func.decorators
        ):
            del func.parameters["draw"]
            func.returns = f"SearchStrategy[{func.returns}]"
        for parameter in func.parameters:
            if isinstance(parameter.default, griffe.ExprName):
                constants = vars(importlib.import_module(func.module.path))
                if parameter.default.name in constants:
                    value = constants[parameter.default.name]
                    parameter.default = _shown(value)

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Add the constructor of a named tuple.

        An assigned `__init__` is left out: the base class has the signature.
        """
        if isinstance(cls.members.get("__init__"), griffe.Attribute):
            cls.del_member("__init__")
        if any(str(base) == "NamedTuple" for base in cls.bases):
            cls.set_member("__init__", _constructor(cls))


def _imported(cls: griffe.Class) -> Any:
    found: Any = importlib.import_module(cls.module.path)
    for name in cls.path.removeprefix(cls.module.path + ".").split("."):
        found = getattr(found, name, None)
    return found


def _shown(value: object) -> str:
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    return repr(value)


def _defaults(cls: Any) -> dict[str, Any]:
    if not dataclasses.is_dataclass(cls):
        return dict(getattr(cls, "_field_defaults", {}))
    found = {}
    for field in dataclasses.fields(cls):
        if field.default is not dataclasses.MISSING:
            found[field.name] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            found[field.name] = field.default_factory()
    return found


def _constructor(cls: griffe.Class) -> griffe.Function:
    kind = griffe.ParameterKind.positional_or_keyword
    fields = [
        griffe.Parameter(
            name, annotation=member.annotation, kind=kind, default=member.value
        )
        for name, member in cls.members.items()
        if isinstance(member, griffe.Attribute) and "property" not in member.labels
    ]
    parameters = griffe.Parameters(griffe.Parameter("self", kind=kind), *fields)
    return griffe.Function("__init__", parent=cls, parameters=parameters)
