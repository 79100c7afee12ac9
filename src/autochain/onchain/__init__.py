"""What every validator computes alike: pure, deterministic, and importing nothing from outside this folder."""
