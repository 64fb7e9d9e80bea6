"""How much neater than usual a line is written where nobody asks for a bias."""

from __future__ import annotations

from writemate_jax.sampling.candidates import SHORT

# Times the network's default bias.
OF_SHORT = 2.0  # a letter alone has no neighbours to be read by
OF_LEARNED = 1.5  # a hand that was learned: its mean is more like it than its spread


def times(text: str, learned: bool) -> float:
    """The factor of the default bias; learned: the text is in a hand of more than a primer's ink."""
    return max(OF_SHORT if len(text) <= SHORT else 1.0, OF_LEARNED if learned else 1.0)


def for_the_page() -> dict[str, float]:
    """What `web/page/neatness.js` needs to do the same."""
    return {"short": OF_SHORT, "learned": OF_LEARNED, "characters": SHORT}
