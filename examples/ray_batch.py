"""A batch on Ray Data, here with two actors on one machine.

    pip install 'laconic[ray]'
    python examples/ray_batch.py

On a cluster: `ray.init("ray://HEAD:10001")`, paths that every worker can read, and `concurrency` as its cores.
"""

from __future__ import annotations

import ray

from laconic.batch import BatchCompressor

RECORDS = [
    {
        "query": f"How high is tower {at}?",
        "passages": [f"Tower {at} is {300 + at} metres high. It was painted red in {1900 + at}, which took a summer."],
    }
    for at in range(8)
]


def main() -> None:
    ray.init(num_cpus=2, include_dashboard=False)
    dataset = ray.data.from_items(RECORDS).map_batches(
        BatchCompressor, fn_constructor_kwargs={"max_tokens": 12}, concurrency=2, batch_size=4
    )
    for row in dataset.take_all():
        print(row["query"], "->", row["compressed"])
        assert "metres high" in row["compressed"]
        assert row["error"] is None
    ray.shutdown()


if __name__ == "__main__":
    main()
