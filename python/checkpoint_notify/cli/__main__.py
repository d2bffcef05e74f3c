"""`python -m checkpoint_notify.cli`."""

from checkpoint_notify.cli import main

if __name__ == "__main__":
    main()
