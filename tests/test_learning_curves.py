"""Learning curves continued: the power law that is fitted, and what is said and drawn of it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from writemate_jax.evaluation import graves_table, learning_curves
from writemate_jax.evaluation.extrapolation import ASTRAY, FEWEST, PowerLaw, fit, lasting
from writemate_jax.evaluation.learning_curves import Curve

EPOCHS = np.geomspace(0.2, 8, 12)
laws = st.builds(PowerLaw, st.floats(-1300, -900), st.floats(20, 800), st.floats(0.3, 2))


@given(laws)
def test_a_law_is_found_again_in_its_own_points(law):
    found = fit(EPOCHS, law.at(EPOCHS))
    np.testing.assert_allclose(found.at(80.0), law.at(80.0), atol=0.5)
    np.testing.assert_allclose(found, law, rtol=0.01)


@given(laws, st.floats(0.1, 50), st.floats(-500, 500))
def test_units_of_time_and_the_origin_of_the_loss_do_not_matter(law, pace, moved):
    rough = law.at(EPOCHS) + 3 * np.cos(7 * EPOCHS)
    one, other = fit(EPOCHS, rough), fit(pace * EPOCHS, rough + moved)
    np.testing.assert_allclose(other.at(pace * 20.0) - moved, one.at(20.0), atol=0.5)


@given(laws, st.floats(0.5, 500))
def test_when_a_law_comes_to_a_figure_is_the_inverse_of_the_figure(law, epochs):
    assert law.epochs_to(float(law.at(epochs))) == pytest.approx(epochs, rel=1e-6)
    assert law.epochs_to(law.floor) == law.epochs_to(law.floor - 1) == math.inf


def test_a_curve_that_does_not_fall_or_is_short_or_has_no_floor_has_no_law():
    for curve in (np.full(12, -700.0), -700 + EPOCHS):
        assert fit(EPOCHS, curve) is None
    assert fit(EPOCHS[: FEWEST - 1], -EPOCHS[: FEWEST - 1]) is None
    assert fit(EPOCHS, PowerLaw(-1000.0, 100.0, 9.0).at(EPOCHS)) is None  # too steep to be told from a step
    assert fit(EPOCHS, -1000.0 - 30.0 * np.log(EPOCHS)) is None  # has no floor
    assert PowerLaw(-900.0, 1.0, 1e-9).epochs_to(-899.99) == math.inf  # beyond all numbers


@given(laws)
def test_a_law_that_its_last_validations_decide_is_not_told(law):
    nats = law.at(EPOCHS)
    np.testing.assert_allclose(lasting(EPOCHS, nats), law, rtol=0.01)
    for count in range(FEWEST, FEWEST + 2):
        assert lasting(EPOCHS[:count], nats[:count]) is None
    stuck = np.append(nats[:-1], nats[-2] + 1)  # a last look that is chance
    told, whole = lasting(EPOCHS, stuck), fit(EPOCHS, stuck)
    assert told in (None, whole)
    if told is not None:
        assert abs(told.at(80.0) - law.at(80.0)) <= ASTRAY + 0.5


@given(laws)
def test_the_slope_is_that_of_the_last_third(law):
    curve = Curve(EPOCHS, np.append(law.at(EPOCHS[:-4]), -800.0 - 7.0 * EPOCHS[-4:]), None)
    assert curve.slope == pytest.approx(-7.0)
    assert math.isnan(Curve(EPOCHS[:2], curve.nats[:2], None).slope)


def test_a_curve_in_words_and_as_a_picture(tmp_path):
    law = PowerLaw(-1000.0, 100.0, 1.0)
    curve = Curve(EPOCHS, law.at(EPOCHS), law)
    assert learning_curves.continued(curve, -990.0) == ("-1000", "-999", "10 epochs")
    assert learning_curves.continued(curve, -1000.0)[2] == "never"
    assert learning_curves.continued(curve, -999.999)[2] == "over 10,000 epochs"
    assert learning_curves.continued(curve._replace(lawless="its rate fell"), -990.0) == ("none, its rate fell", "", "")
    young = Curve(EPOCHS[:1], curve.nats[:1], None)
    assert learning_curves.continued(young, -990.0) == ("too few validations", "", "")
    assert learning_curves.continued(curve._replace(law=None), -990.0) == ("no law holds", "", "")
    turned = curve._replace(nats=np.append(curve.nats[:-3], curve.nats[-4] + [0, 1, 0.5]), law=None)
    assert learning_curves.continued(turned, -990.0) == (f"stands since {EPOCHS[-4]:.1f} epochs", "", "")
    assert not turned._replace(epochs=EPOCHS[:-1], nats=turned.nats[:-1]).stands and not young.stands
    path = tmp_path / "curves.png"
    learning_curves.draw(path, {"prediction": [("a", curve, -990.0), ("b", young, -990.0)], "synthesis": []})
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_columns_of_laws_are_there_where_a_curve_has_one():
    law = PowerLaw(-1000.0, 100.0, 1.0)
    curve, two = Curve(EPOCHS, law.at(EPOCHS), law), graves_table.ROWS[:2]
    header, _, *rows = graves_table.continued_table(dict.fromkeys(two, curve))
    assert header.endswith("| law: floor | law: after 10 times the epochs | law: reached after |")
    assert all(row.endswith("| -1000 | -999 | never |") for row in rows) and len(rows) == 2
    lawless = curve._replace(law=None, lawless="its rate fell")
    header, _, *rows = graves_table.continued_table(dict.fromkeys(two, lawless))
    assert header.endswith("| power law |") and all(row.endswith("| none, its rate fell |") for row in rows)
