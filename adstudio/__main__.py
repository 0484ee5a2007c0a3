"""``python -m adstudio`` is the command ``adstudio``."""

from .run.cli import main

raise SystemExit(main())
