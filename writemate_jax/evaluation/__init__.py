"""How good written lines are: read by an independent recogniser, beside real ink."""
