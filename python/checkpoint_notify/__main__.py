"""`python -m checkpoint_notify`, which is the command `checkpoint-notify`."""

from checkpoint_notify.cli import main

if __name__ == "__main__":
    main()
