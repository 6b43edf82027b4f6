"""`cached_property` as Python 3.12 has it: up to 3.11 a first reading takes a lock, at the price of some arithmetic.

Two threads that read at once may both compute the value, which is the same.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property(functools.cached_property):  # noqa: N801  # the name that it has
        """Computed when first read, then an attribute of the instance."""

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.attrname] = self.func(instance)
            return value


__all__ = ["cached_property"]
