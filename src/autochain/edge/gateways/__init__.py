"""Gateways turn what others record and send into drives of VSS signals: one folder per format."""
