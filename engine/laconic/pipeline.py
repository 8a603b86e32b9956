"""ScaleDown's pipeline under the path that ScaleDown documents; it lives in `laconic.chain.pipeline`."""

from laconic.chain.pipeline import Pipeline, make_pipeline

__all__ = ["Pipeline", "make_pipeline"]
