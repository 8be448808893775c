"""Services: see ARCHITECTURE.md for the map."""
