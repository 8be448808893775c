"""What the platform may ask this node about itself: a few commands that change nothing."""
