"""Components that can be pickled and written to a dict, whole or not at all."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict
from typing import Any, ClassVar

from llama_index.core.bridge.pydantic import BaseModel
from llama_index.core.schema import BaseComponent

from laconic.exceptions import ConfigurationError
from laconic.select.coverage import Calibration

__all__ = ["Portable"]


class Portable(BaseComponent):
    """A component that says so where it cannot travel.

    Attributes:
        left_behind: fields that stay where they are when they cannot be pickled: they tie the object to its process,
            and decide nothing about what it does to a text.
    """

    left_behind: ClassVar[frozenset[str]] = frozenset({"callback_manager"})

    def __getstate__(self) -> dict[str, Any]:
        """The fields, as a copy.

        Raises:
            pickle.PicklingError: an option cannot be pickled, and the object would do something else without it.
        """
        state = dict(BaseModel.__getstate__(self))  # LlamaIndex's own takes what it cannot pickle off the live object
        values = state["__dict__"] = dict(state["__dict__"])
        for name, value in list(values.items()):
            try:
                pickle.dumps(value)
            except Exception as error:
                if name not in self.left_behind:
                    raise pickle.PicklingError(
                        f"option {name!r} of {type(self).__name__} cannot be pickled ({error}): give a function or a "
                        "class of a module, not one that is made where it is used"
                    ) from error
                del values[name]
        return state

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """The options and the name of the class, for ``from_dict``: objects as they are, the others as plain values."""
        if kwargs:
            return super().to_dict(**kwargs)
        fields = type(self).model_fields
        found = {name: getattr(self, name) for name, field in fields.items() if not field.exclude}
        plain = {name: asdict(value) for name, value in found.items() if isinstance(value, Calibration)}
        return {**found, **plain, "class_name": self.class_name()}

    def to_json(self, **kwargs: Any) -> str:
        """`to_dict` as JSON.

        Raises:
            ConfigurationError: an option holds an object that JSON has no form for.
        """
        data = self.to_dict(**kwargs)
        for name, value in data.items():
            try:
                json.dumps(value)
            except (TypeError, ValueError) as error:
                raise ConfigurationError(
                    f"option {name!r} of {type(self).__name__} is {value!r}, which JSON has no form for: leave it out "
                    f"(exclude={{{name!r}}}) and give it again to the one that is read"
                ) from error
        return json.dumps(data)
