"""Programs that the plan wants on this node: fetched, installed, limited, watched, rolled back."""
