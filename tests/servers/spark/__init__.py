"""Spark that reads from S3: pyspark of `requirements-bench.lock`, and the jars that `make readers` fetches.

The jars come from Maven Central by `pom.xml`, whose checksums Maven verifies, and are then compared with
`sha256sums`. Where Java, pyspark or the jars are missing, tests say so and are skipped.
"""

import importlib.util
import shutil
from pathlib import Path

HERE = Path(__file__).parent
JARS = HERE.parents[2] / ".cache" / "spark"


def missing() -> str | None:
    """What is missing for reading with Spark; None when nothing is."""
    if shutil.which("java") is None:
        return "Java 17 is not installed"
    if importlib.util.find_spec("pyspark") is None or not any(JARS.glob("hadoop-aws-*.jar")):
        return "pyspark or its jars for S3 are not there: make readers"
    return None
