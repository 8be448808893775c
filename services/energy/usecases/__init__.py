"""What can be done with energy, each in one transaction."""
