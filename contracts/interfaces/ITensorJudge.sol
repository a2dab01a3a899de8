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

/// @title The judge: recomputes one element of one instruction, in integers
interface ITensorJudge {
    /// @notice Whether the committed element `element` of the trace is what `instruction` yields from the committed operands.
    function judge(
        bytes calldata instruction,
        Vectors calldata vectors,
        uint256 element,
        Openings calldata openings
    ) external pure returns (Ruling memory);

    /// @notice The committed number that operand `operand` of `element` has at position `k` of the window.
    function operandAt(
        bytes calldata instruction,
        Vectors calldata vectors,
        uint256 element,
        uint256 operand,
        uint256 k,
        Openings calldata openings
    ) external pure returns (uint32 bits);

    /// @notice The limit that an instruction breaks (docs/PLAN.md, Limits); zero when it breaks none.
    function malformation(
        bytes calldata instruction,
        uint256 inputLength,
        uint256 weightsLength
    ) external pure returns (uint8 reason);

    /// @notice Where an instruction writes: its first element in the trace, and how many.
    function header(bytes calldata instruction) external pure returns (uint256 start, uint256 size);
}
