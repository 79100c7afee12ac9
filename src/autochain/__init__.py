"""AutoChain: vehicles and those around them share data that they can prove, keep private and get paid for."""

__version__ = "0.1.0"
