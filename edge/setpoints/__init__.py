"""Setpoints: signed orders with an end, carried out by this node's equipment and reported back."""
