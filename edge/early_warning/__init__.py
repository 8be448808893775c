"""Early-warning scores counted on the node, with or without a link."""
