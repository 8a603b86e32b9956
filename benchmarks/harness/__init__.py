"""Figures that can be repeated: what systems keep of labelled evidence, of changed functions, of records, in any form.

    PYTHONPATH=benchmarks python -m harness qa build/data/*.jsonl.gz --systems laconic,bm25 --rates 0.5 0.25 0.125

``python -m harness --help`` lists the rest; ``benchmarks/README.md`` says what each figure means.
"""
