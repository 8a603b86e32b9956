"""Levels of detail, as SourcePrep describes them: `LODExtractor`, `assign_lod`, `assemble_context`."""

from __future__ import annotations

from laconic.lod.assembly import TIERS, LODContext, Tier, assemble_context, assign_lod
from laconic.lod.levels import LODExtractor, LODPiece

__all__ = ["TIERS", "LODContext", "LODExtractor", "LODPiece", "Tier", "assemble_context", "assign_lod"]
