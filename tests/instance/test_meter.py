"""What a process used: memory given back is still known, and bytes are those of calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from spotify_assets.instance.meter import used

MB = 1_000_000
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")


HELD = """
from spotify_assets.instance.meter import forget_peak, peak_memory
held = bytearray(b"1") * 300_000_000
del held
forget_peak()
before = peak_memory()
held = bytearray(b"1") * 200_000_000
del held
print(peak_memory() - before)
"""


@linux
def test_the_peak_is_of_the_part_and_not_of_what_came_before():
    """In a process of its own, because children that were large count for ever."""
    told = subprocess.run([sys.executable, "-c", HELD], check=True, capture_output=True, text=True).stdout
    assert 190 * MB < int(told) < 260 * MB


@linux
def test_bytes_are_those_that_calls_read_and_wrote_with_those_of_children(tmp_path: Path):
    before = used()
    (tmp_path / "file").write_bytes(b"1" * 5 * MB)
    script = f"open({str(tmp_path / 'file')!r}, 'rb').read()"
    subprocess.run([sys.executable, "-S", "-c", script], check=True)
    took = used().since(before)
    assert took.bytes_in is not None and took.bytes_out is not None
    assert 5 * MB <= took.bytes_in < 15 * MB
    assert 5 * MB <= took.bytes_out < 6 * MB


@pytest.mark.slow
def test_processor_time_is_that_of_this_process_and_its_children():
    before = used()
    sum(range(2_000_000))
    own = used().since(before)
    assert own.cpu > 0
    subprocess.run([sys.executable, "-S", "-c", "sum(range(20_000_000))"], check=True)
    assert used().since(before).cpu > own.cpu
