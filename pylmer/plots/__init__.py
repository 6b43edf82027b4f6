"""Pictures of fits. Every function draws on the axes that it is given, or on new ones, and returns them."""

from __future__ import annotations
