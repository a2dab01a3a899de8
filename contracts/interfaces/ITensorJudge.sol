// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Chunks of one vector, shown against its Merkle root (docs/PLAN.md, Roots).
struct Opening {
    bytes ranges;
    bytes chunks;
    bytes32[] siblings;
}

/// @notice What an instruction reads, and what it wrote.
struct Openings {
    Opening input;
    Opening weights;
    Opening trace;
}

/// @notice The committed vectors: Merkle roots without length, and lengths in elements.
struct Vectors {
    bytes32 inputRoot;
    uint64 inputLength;
    bytes32 weightsRoot;
    uint64 weightsLength;
    bytes32 traceRoot;
    uint64 traceLength;
}

/// @notice The judge's answer about one element.
struct Ruling {
    bool wrong;
    bool outOfRange;
    uint32 claimed;
    uint32 canonical;
}
