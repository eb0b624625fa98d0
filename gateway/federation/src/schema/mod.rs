//! Owns schemas as weft reads them: subgraphs as their teams wrote them.

pub mod subgraph;
