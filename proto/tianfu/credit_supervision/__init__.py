"""The credit_supervision area of the contract."""
