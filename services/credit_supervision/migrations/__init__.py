"""The credit_supervision schema's migrations."""
