"""`python -m tui.cli` is `unroll`."""

from tui.cli.main import main

if __name__ == "__main__":
    main()
