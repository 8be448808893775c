"""What warnings are and how hazards are judged: pure values and functions."""
