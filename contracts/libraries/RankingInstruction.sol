// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a trial reads of an instruction that answers with an index: FOLD argmax or argmin, and RANK (docs/PLAN.md).
/// @dev op u8, fn u8, type u8, start u40, a u32, b i40, m u8, m × u32, n u8, n × u32, operands u8, space u8, type u8 …
/// Only for instructions of the plan; one that ends early reverts when it is read.
library RankingInstruction {
    uint256 private constant FOLD = 4;
    uint256 private constant RANK = 5;
    uint256 private constant ARGMAX = 3;
    uint256 private constant ARGMIN = 4;
    uint256 private constant START_AT = 3;
    uint256 private constant AXIS_AT = 8;
    uint256 private constant DIMENSIONS_AT = 17;

    /// @notice Whether the instruction answers with an index of its window.
    function isRanking(bytes calldata instruction) internal pure returns (bool) {
        uint256 op = uint8(instruction[0]);
        uint256 fn = uint8(instruction[1]);
        return op == RANK || (op == FOLD && (fn == ARGMAX || fn == ARGMIN));
    }

    /// @notice Size of the window, and whether what is ranked is i32.
    function window(bytes calldata instruction) internal pure returns (uint256 size, bool integers) {
        uint256 offset = DIMENSIONS_AT + 1 + 4 * uint8(instruction[DIMENSIONS_AT]);
        uint256 dimensions = uint8(instruction[offset++]);
        size = 1;
        for (uint256 i = 0; i < dimensions; ++i) {
            size *= uint32(bytes4(instruction[offset:offset + 4]));
            offset += 4;
        }
        // operands u8, space u8, type u8
        integers = uint8(instruction[offset + 2]) != 0;
    }

    /// @notice Whether two elements of the trace are different ranks of one window.
    function sameRanking(bytes calldata instruction, uint256 element, uint256 other) internal pure returns (bool) {
        if (uint8(instruction[0]) != RANK || element == other) return false;
        uint256 start = uint40(bytes5(instruction[START_AT:START_AT + 5]));
        uint256 axis = uint32(bytes4(instruction[AXIS_AT:AXIS_AT + 4]));
        if (element < start || other < start) return false;
        (element, other) = (element - start, other - start);
        uint256 offset = DIMENSIONS_AT + 1 + 4 * uint8(instruction[DIMENSIONS_AT]);
        for (uint256 i = uint8(instruction[DIMENSIONS_AT]); i != 0;) {
            offset -= 4;
            uint256 size = uint32(bytes4(instruction[offset:offset + 4]));
            if (--i != axis && element % size != other % size) return false;
            (element, other) = (element / size, other / size);
        }
        // What is left lies past the last element.
        return element == 0 && other == 0;
    }
}
