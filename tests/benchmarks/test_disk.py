"""What the disk takes for a commit, which a durable write is compared with."""

from pathlib import Path

from benchmarks import disk


def test_each_commit_is_timed_and_nothing_stays(tmp_path: Path) -> None:
    """There is a latency for each commit, and the file that was written is gone."""
    sample = disk.commits(tmp_path)
    assert len(sample.latencies) == sample.answered == disk.COMMITS
    assert sample.latencies == sorted(sample.latencies)
    assert 0 < sum(sample.latencies) < sample.seconds
    assert list(tmp_path.iterdir()) == []
