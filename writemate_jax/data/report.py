"""What a reader kept, and what it skipped and why."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """Counts with a label (``count``), skipped things by reason with their names (``skip``), and remarks (``note``)."""

    title: str
    counts: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def count(self, label: str, number: int = 1) -> None:
        """Adds ``number`` to the count of that label."""
        self.counts[label] = self.counts.get(label, 0) + int(number)

    def skip(self, reason: str, name: str) -> None:
        """Records that the thing of that name was left out for that reason."""
        self.skipped.setdefault(reason, []).append(name)

    def note(self, text: str) -> None:
        """Adds a remark."""
        self.notes.append(text)

    def text(self, names: int = 5) -> str:
        """The report as text, one fact a line, with at most ``names`` names for each reason."""
        lines = [self.title]
        lines += [f"  {number:>10,}  {label}" for label, number in self.counts.items()]
        for reason, skipped in self.skipped.items():
            shown = ", ".join(skipped[:names]) + (", ..." if len(skipped) > names else "")
            lines.append(f"  {len(skipped):>10,}  skipped: {reason}: {shown}")
        return "\n".join(lines + [f"  {note}" for note in self.notes])
