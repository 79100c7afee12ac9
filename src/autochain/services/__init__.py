"""What runs beside the chains, each folder named after what it is."""
