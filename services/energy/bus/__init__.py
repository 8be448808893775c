"""Messages in: readings of meters, warnings, what nodes say of their setpoints."""
