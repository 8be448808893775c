"""The verbs over every resource: get, describe, create, apply, watch, diff, wait, delete."""
