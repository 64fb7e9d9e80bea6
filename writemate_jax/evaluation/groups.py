"""Records of lines by the groups of their prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

ALL = "all"  # the group of every line


def by_group(records: Sequence[Any], summarise: Callable[[Sequence[Any]], Any]) -> dict[str, Any]:
    """What `summarise` makes of the records of each `group`, in the order of appearance, and of all as `ALL`."""
    groups: dict[str, list[Any]] = {}
    for record in records:
        groups.setdefault(record.group, []).append(record)
    return {name: summarise(part) for name, part in {**groups, ALL: records}.items()}
