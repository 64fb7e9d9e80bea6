"""The options of drawing: each fills its own field of the look or of the machine."""

import shlex
from argparse import Namespace
from dataclasses import fields

from writemate_jax.drawing.gcode import Machine
from writemate_jax.drawing.look import Look
from writemate_jax.sampling import command, look_options

ALL = """hello --letter-size 4.5 --ink navy --pen 0.7 --by-speed --dpi 250 --transparent --bed 310,220 --origin -20,15
    --feed 1100 --travel 2200 --pen-up M5 --pen-down 'M3 S90' --pen-seconds 0.25 --dwell-unit ms"""
MACHINE = Machine(bed=(310.0, 220.0), origin=(-20.0, 15.0), feed=1100.0, travel=2200.0, pen_up="M5", pen_down="M3 S90",
                  seconds=0.25, dwell_unit="ms")  # fmt: skip
LOOK = Look(x_height=4.5, pen=0.7, color="#000080", by_speed=True, dpi=250.0, transparent=True, machine=MACHINE)


def given(line: str) -> Namespace:
    return command._parser().parse_args(look_options.joined(shlex.split(line)))


def test_every_option_of_drawing_fills_its_own_field():
    options = given(ALL)
    for names in (*look_options.ONLY_FOR.values(), look_options.USELESS_FOR):
        assert all(look_options.given(options, name) for name in names)
    # Values other than the defaults, in every field: one that no option reaches would go unseen.
    for ours, usual in ((LOOK, Look()), (MACHINE, Machine())):
        assert all(getattr(ours, field.name) != getattr(usual, field.name) for field in fields(ours))
    assert look_options.look(options) == LOOK


def test_without_options_the_look_is_the_usual_one():
    assert look_options.look(given("hello")) == Look(machine=Machine())
