"""The command line of AI Studio's infrastructure: ``python cli.py --help``."""

from aistudio_templates.cli import main

if __name__ == "__main__":
    main()
