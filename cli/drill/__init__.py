"""The earthquake drill (演练): real waves, moved to Sichuan, played on the drill channel only."""
