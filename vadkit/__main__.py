"""`python -m vadkit`, and so `torchrun -m vadkit`."""

from vadkit.cli import main

if __name__ == "__main__":
    main()
