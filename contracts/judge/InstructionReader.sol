// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An instruction of a plan, taken apart (docs/PLAN.md, Instructions).
/// @dev Pointers lead to memory: `sizes`, `index` and `operands` to words, the words of `operands` to the operands' bytes.
struct Instruction {
    uint256 op;
    uint256 fn;
    uint256 elementType;
    uint256 start;
    uint256 a;
    int256 b;
    /// output dimensions
    uint256 rank;
    /// window dimensions
    uint256 windowRank;
    /// elements written
    uint256 size;
    /// elements of the window, 1 without one
    uint256 windowSize;
    /// sizes of the output dimensions, then of the window dimensions
    uint256 sizes;
    /// coordinates of the element at hand, then of the position in the window at hand
    uint256 index;
    uint256 operandCount;
    uint256 operands;
}

/// @title Reads the bytes of an instruction
/// @dev Says only whether bytes are missing or left over: limit 1. The other limits are for `InstructionLimits`.
library InstructionReader {
    uint256 internal constant DOT = 1;
    uint256 internal constant ZIP = 2;
    uint256 internal constant MAP = 3;
    uint256 internal constant FOLD = 4;
    uint256 internal constant RANK = 5;
    uint256 internal constant JOIN = 6;
    uint256 internal constant PICK = 7;
    uint256 internal constant SELECT = 8;

    uint256 internal constant F32 = 0;
    uint256 internal constant I32 = 1;

    uint256 internal constant LITERAL = 0;
    uint256 internal constant TRACE = 3;

    /// @dev The fields before the output dimensions, and the three counts.
    uint256 private constant BYTES_MIN = 20;

    /// @notice Takes an instruction apart. The products of the dimensions are only right for at most eight of each.
    /// @return instruction what was read
    /// @return complete neither are bytes missing nor left over
    function read(bytes calldata encoded) internal pure returns (Instruction memory instruction, bool complete) {
        if (encoded.length < BYTES_MIN) return (instruction, false);
        uint256 pointer;
        uint256 end;
        assembly ("memory-safe") {
            pointer := mload(0x40)
            calldatacopy(pointer, encoded.offset, encoded.length)
            end := add(pointer, encoded.length)
            // reading a word from the last byte on stays inside
            mstore(0x40, and(add(end, 0x3f), not(0x1f)))
            let word := mload(pointer)
            mstore(instruction, byte(0, word))
            mstore(add(instruction, 0x20), byte(1, word))
            mstore(add(instruction, 0x40), byte(2, word))
            mstore(add(instruction, 0x60), and(shr(192, word), 0xffffffffff))
            mstore(add(instruction, 0x80), and(shr(160, word), 0xffffffff))
            mstore(add(instruction, 0xa0), signextend(4, shr(120, word)))
            pointer := add(pointer, 17)
        }
        (pointer, complete) = _dimensions(instruction, pointer, end);
        if (!complete) return (instruction, false);
        return (instruction, _operands(instruction, pointer, end) == end);
    }

    /// @notice Whether operand `i` is read once for each element of the window.
    function readsWindow(uint256 op, uint256 i) internal pure returns (bool r) {
        assembly ("memory-safe") {
            r := or(and(eq(op, DOT), lt(i, 2)), or(eq(op, FOLD), eq(op, RANK)))
        }
    }

    /// @notice Dimensions in the index of operand `i`.
    function indexLength(Instruction memory instruction, uint256 i) internal pure returns (uint256 length) {
        unchecked {
            length = instruction.rank;
            if (readsWindow(instruction.op, i)) length += instruction.windowRank;
        }
    }

    /// @notice Where the bytes of operand `i` are in memory.
    function operandAt(Instruction memory instruction, uint256 i) internal pure returns (uint256 pointer) {
        uint256 operands = instruction.operands;
        assembly ("memory-safe") {
            pointer := mload(add(operands, shl(5, i)))
        }
    }

    /// @dev Output and window dimensions. The place after them, and whether a byte is there.
    function _dimensions(
        Instruction memory instruction,
        uint256 pointer,
        uint256 end
    ) private pure returns (uint256, bool complete) {
        assembly ("memory-safe") {
            let sizes := mload(0x40)
            let to := sizes
            mstore(add(instruction, 0x140), sizes)
            complete := 1
            for {
                let field := 0xc0
            } lt(field, 0x100) {
                field := add(field, 0x20)
            } {
                let count := byte(0, mload(pointer))
                pointer := add(pointer, 1)
                mstore(add(instruction, field), count)
                let last := add(pointer, shl(2, count))
                // the next count must be there
                if iszero(lt(last, end)) {
                    complete := 0
                    break
                }
                let product := 1
                for {} lt(pointer, last) {
                    pointer := add(pointer, 4)
                } {
                    let size := shr(224, mload(pointer))
                    product := mul(product, size)
                    mstore(to, size)
                    to := add(to, 0x20)
                }
                mstore(add(instruction, add(field, 0x40)), product)
            }
            // as many words for the index
            mstore(add(instruction, 0x160), to)
            mstore(0x40, add(to, sub(to, sizes)))
        }
        return (pointer, complete);
    }

    /// @dev Finds the operands; the place after them, past `end` when bytes are missing.
    function _operands(Instruction memory instruction, uint256 pointer, uint256 end) private pure returns (uint256) {
        uint256 rank = instruction.rank;
        uint256 length = indexLength(instruction, 0);
        bool onlyFirstTwo = instruction.op == DOT;
        assembly ("memory-safe") {
            let to := mload(0x40)
            let count := byte(0, mload(pointer))
            pointer := add(pointer, 1)
            mstore(add(instruction, 0x180), count)
            mstore(add(instruction, 0x1a0), to)
            let last := add(to, shl(5, count))
            mstore(0x40, last)
            // bytes of the steps
            let stepBytes := mul(5, length)
            let third := add(to, 0x40)
            for {} and(lt(to, last), lt(pointer, end)) {
                to := add(to, 0x20)
            } {
                mstore(to, pointer)
                if and(onlyFirstTwo, eq(to, third)) {
                    stepBytes := mul(5, rank)
                }
                switch byte(0, mload(pointer))
                case 0 {
                    pointer := add(pointer, 6)
                }
                default {
                    pointer := add(pointer, add(8, stepBytes))
                    // the number of coordinates
                    if iszero(lt(pointer, end)) {
                        pointer := add(end, 1)
                        break
                    }
                    let coordinates := byte(0, mload(pointer))
                    pointer := add(pointer, 1)
                    if coordinates {
                        pointer := add(pointer, 4)
                    }
                    for {} coordinates {
                        coordinates := sub(coordinates, 1)
                    } {
                        pointer := add(pointer, 18)
                        if iszero(lt(pointer, end)) {
                            pointer := add(end, 1)
                            break
                        }
                        pointer := add(pointer, add(1, mul(5, byte(0, mload(pointer)))))
                    }
                }
            }
            // operands missing
            if lt(to, last) {
                pointer := add(end, 1)
            }
        }
        return pointer;
    }
}
