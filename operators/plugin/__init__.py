"""``kubectl tianfu``: what a person asks of nodes, apps and claims."""
