"""What every reading process needs, imported once by the server that forks them: libraries and models are shared."""

from __future__ import annotations

import cli.reading
import extract.read
from extract.body import models, region_models

__all__ = ["cli", "extract"]

models()
region_models()
