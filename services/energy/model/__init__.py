"""What energy decides: pure functions of values, rules and times."""
