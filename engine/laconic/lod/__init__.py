"""Levels of detail, as SourcePrep describes them: `LODExtractor`, `assign_lod`, `assemble_context`."""

from __future__ import annotations

from laconic.lod.levels import TIERS, LODContext, LODExtractor, LODPiece, Tier, assemble_context, assign_lod

__all__ = ["TIERS", "LODContext", "LODExtractor", "LODPiece", "Tier", "assemble_context", "assign_lod"]
