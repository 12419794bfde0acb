"""The gate: whether a change made a head worse, by a rule that is known to be wrong how often."""
