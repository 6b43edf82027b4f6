"""Notes that point at the user's line; see `errors.note`."""

from __future__ import annotations

from ..errors import note

__all__ = ["note"]
