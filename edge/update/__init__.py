"""The agent renews itself: signed releases, each beside the last; back when one is not well."""
