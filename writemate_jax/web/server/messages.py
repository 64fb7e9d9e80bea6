"""What is asked and answered over HTTP. Requests are strict: no other fields, no other types, no NaN, bounded sizes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from writemate_jax.data.own_ink import Reason
from writemate_jax.hands import resemblance
from writemate_jax.limits import LARGEST_SEED, MAX_CHARACTERS
from writemate_jax.sampling.candidates import MORE, OWN, SHORT
from writemate_jax.web import learned_for
from writemate_jax.web.server import settings

Number = Annotated[float, Field(ge=-settings.LARGEST_PLACE, le=settings.LARGEST_PLACE)]
Weight = Annotated[float, Field(ge=-settings.LARGEST_VECTOR, le=settings.LARGEST_VECTOR)]
Gate = Annotated[float, Field(ge=-settings.LARGEST_GATE, le=settings.LARGEST_GATE)]
Offset = Annotated[float, Field(ge=-settings.LARGEST_OFFSET, le=settings.LARGEST_OFFSET)]
# A list is looked at as far as its first mistake: a body can hold hundreds of thousands, which would take seconds.
Point = Annotated[list[Number], Field(min_length=2, max_length=2, fail_fast=True)]
Row = Annotated[list[Offset], Field(min_length=3, max_length=3, fail_fast=True)]
Stroke = Annotated[list[Point], Field(min_length=1, max_length=settings.FIT_POINTS, fail_fast=True)]
Vector = Annotated[list[Weight], Field(min_length=1, max_length=256, fail_fast=True)]
Gates = Annotated[list[Gate], Field(min_length=1, max_length=65_536, fail_fast=True)]
Share = Annotated[float, Field(ge=0, le=1)]
Trait = Annotated[list[Share], Field(min_length=resemblance.SIZE, max_length=resemblance.SIZE, fail_fast=True)]
Format = Literal["json", "svg", "png", "plotter", "pdf", "animated", "gcode"]


class _Asked(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, given: Any) -> Any:
        """One mistake for all fields where there are many: else each that is not known would be one."""
        if isinstance(given, dict) and len(given) > settings.FIELDS:
            raise PydanticCustomError("too_many_fields", f"Input should have at most {settings.FIELDS} fields")
        return given


class Primer(_Asked):
    """A line that somebody wrote, as /api/v1/fit gives it back."""

    text: str = Field(min_length=1, max_length=settings.FIT_CHARACTERS, description="what it says")
    strokes: list[Row] = Field(
        min_length=1,
        max_length=settings.PRIMER_ROWS,
        fail_fast=True,
        description="[dx, dy, end of stroke] in x-heights, y up, from the left edge on the baseline",
    )


class Hand(_Asked):
    """A hand, as /api/v1/fit finds it."""

    vector: Vector = Field(description="the hand among those that the network learned")
    gates: Gates | None = Field(None, description="what of the hand the vector does not hold")
    primer: Primer | None = Field(None, description="a line that writing goes on from")
    trait: Trait | None = Field(
        None, description="what its lines have in common, by which the most alike of candidates is known: roots of the"
        " shares of ink that runs in each direction and bends by so much; by default that of the primer"
    )  # fmt: skip
    weights: str | None = Field(
        None, pattern=rf"^[0-9a-f]{{{learned_for.DIGITS}}}$",
        description="which network the hand was learned for; to another it means nothing, and is refused"
    )  # fmt: skip


class Write(_Asked):
    """Text to write."""

    text: str = Field(
        min_length=1,
        max_length=settings.LINES * (MAX_CHARACTERS + len("\r\n")),
        description=f"1 to {settings.LINES} lines with line breaks between, each of 1 to {MAX_CHARACTERS} characters",
        examples=["Dear Anna,\nit rains."],
    )
    seed: int = Field(
        0, ge=0, le=LARGEST_SEED, description="another seed, another ink; line i has seed + i, all of them one hand"
    )
    bias: float | None = Field(
        None, ge=0, le=settings.LARGEST_BIAS, description="0 is the network's full variety, 1 is neat"
    )
    style: str = Field(
        "random",
        max_length=100,
        description="random, unknown, a name of /api/v1/styles, or that of a writer whose style the network learned",
    )
    vector: Vector | None = Field(None, description="a hand's vector alone; it wins over style")
    hand: Hand | None = Field(None, description="a hand of your own, from /api/v1/fit; it wins over vector and style")
    candidates: int | None = Field(
        None, ge=1, le=settings.CANDIDATES, description="how many are written of each line; the best is kept (default:"
        f" as many as the network's configuration says; where that is more than 1, {MORE} times as many of a text of at"
        f" most {SHORT} characters, {OWN} times in a hand of your own)"
    )
    format: Format = Field("json", description="what comes back; /api/v1/stream does not look at it")
    attention: bool = Field(False, description="also answer where the network read: a row of weights for each point")
    color: str = Field("#000000", pattern=r"^#[0-9a-fA-F]{6}$", description="of the ink, in a picture")
    pen: float | None = Field(None, ge=0.05, le=10, description="its width in mm, in a picture")
    letter_size: float | None = Field(None, ge=0.5, le=50, description="height of an x in mm, in a picture")


class InkLine(_Asked):
    """A line that somebody wrote."""

    text: str = Field(min_length=1, max_length=settings.FIT_CHARACTERS, description="what it says")
    strokes: list[Stroke] = Field(
        min_length=1,
        max_length=settings.FIT_STROKES,
        fail_fast=True,
        description="a list of points [x, y] for each stroke: x right, y down, any unit",
    )


class Fit(_Asked):
    """Ink whose hand is wanted."""

    lines: list[InkLine] = Field(min_length=1, max_length=settings.FIT_LINES, fail_fast=True)


class Line(BaseModel):
    """A line of ink."""

    text: str = Field(description="what was written, in the characters that the network knows")
    bias: float = Field(description="that it was written with")
    complete: bool = Field(description="it ended by itself, not at the cap on points")
    points: list[list[float]] = Field(description="[dx, dy, end of stroke] in x-heights, y up, from the line's origin")
    points_per_second: float | None = Field(description="the pen's pace")
    attention: list[list[float]] | None = Field(
        description="for each point the weight of each character, and of the place past the end"
    )


class Written(BaseModel):
    """Lines of ink, and how to write them again."""

    seed: int
    bias: float = Field(description="of the first line: by default that of a short line is larger")
    style: str
    unit: Literal["x-height"]
    lines: list[Line]


class Fitted(BaseModel):
    """A hand."""

    hand: Hand = Field(description="what /api/v1/write takes as hand")
    vector: list[float] = Field(description="its vector, which /api/v1/write takes alone, too")
    before: float = Field(description="nats a point of the ink in the style of a hand not known")
    after: float = Field(description="nats a point of the ink in this one: lower is likelier")
    texts: list[str] = Field(
        description="what each line's ink was taken to say, in the network's alphabet: where it is not what was sent,"
        " other letters were learned from it, and a line without them is better"
    )


class Style(BaseModel):
    """A style that has a name."""

    name: str
    title: str
    note: str
    writer: str


class Styles(BaseModel):
    """The styles that have names."""

    styles: list[Style]


class ProblemDetails(BaseModel):
    """A failure, after RFC 9457."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str
    kind: Literal["characters", "too_long", "busy", "invalid", "ink", "failed"]
    reason: Reason | None = Field(None, description="of ink: why it cannot be used as that of its text, in a word")
    text: str | None = Field(None, description="of ink: what it was to say")


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "model": ProblemDetails,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        "description": description,
    }
    for status, description in {
        400: "The body is no JSON.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        422: "What is asked for cannot be written; detail says why.",
        429: "This client asks too often.",
        500: "Something went wrong.",
        503: "The server is busy, or not ready yet.",
    }.items()
}
