"""`python -m broadax`."""

from broadax.cli import main

if __name__ == "__main__":
    main()
