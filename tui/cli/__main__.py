"""`python -m tui.cli` is `unroll`."""

from unroll_nn import main

if __name__ == "__main__":
    main()
