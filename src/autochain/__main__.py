"""`python -m autochain` is `autochain`."""

from .cli import main

if __name__ == "__main__":
    main()
