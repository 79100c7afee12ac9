"""The edge layer: the vehicle's unit, the roadside unit, and the gateways through which recordings come in."""
