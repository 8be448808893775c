"""Where warnings go: the counties of Sichuan, their borders and people, and who lies in an area."""
