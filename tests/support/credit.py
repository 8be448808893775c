"""What tests of credit supervision share: the service's own rules."""

from __future__ import annotations

from importlib import resources

from services.plumbing.rules import RuleBook

BOOK = RuleBook.read(resources.files("services.credit_supervision") / "rules")
