"""Version 1 of the credit_supervision area: generated code beside its protos."""
