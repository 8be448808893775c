"""HL7 v2 over MLLP: what hospitals' systems send to a node: checked, stored, acknowledged."""
