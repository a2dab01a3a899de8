// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Instruction, InstructionReader} from "./InstructionReader.sol";

/// @title The limits of an instruction
/// @notice docs/PLAN.md, Limits. Limits are looked at in the order of their numbers; the first one broken is the reason.
/// Twin: `workers/canonical/plan/malformation.ts`.
library InstructionLimits {
    using InstructionReader for Instruction;

    uint256 private constant DIMENSIONS_MAX = 8;
    uint256 private constant OPERANDS_MAX = 16;
    uint256 private constant COORDINATES_MAX = 8;
    uint256 private constant TERMS_MAX = 16;
    uint256 private constant SIZE_MAX = 1 << 32;
    uint256 private constant WINDOW_MAX = 8192;
    uint256 private constant START_MAX = 1 << 40;
    uint256 private constant ALIGNMENT_MASK = 63;
    uint256 private constant INDEX_MAX = 1 << 31;

    /// @dev Functions of `ZIP` and `MAP`, one bit each.
    uint256 private constant ZIPS = 0x7fff07ff;
    uint256 private constant MAPS = 0x10100ff00ff;
    uint256 private constant ZIP_EQUAL = 8;
    uint256 private constant ZIP_INTEGERS = 16;
    uint256 private constant MAP_TO_INT = 32;
    uint256 private constant MAP_TO_FLOAT = 40;
    uint256 private constant FOLD_ARGMAX = 3;
    uint256 private constant FOLD_ARGMIN = 4;

    /// @dev For operands of either type, and for where no operand is an exception.
    uint256 private constant ANY = 2;
    uint256 private constant NONE = type(uint256).max;

    /// @notice The limit that an instruction with all of its bytes breaks; 0 when it breaks none.
    function reasonOf(
        Instruction memory instruction,
        uint256 inputLength,
        uint256 weightsLength
    ) internal pure returns (uint256) {
        if (!_isKnown(instruction)) return 2;
        if (!_hasItsParts(instruction)) return 3;
        if (!hasDimensions(instruction)) return 4;
        unchecked {
            if (instruction.start & ALIGNMENT_MASK != 0) return 5;
            if (instruction.start + instruction.size > START_MAX) return 5;
            uint256 count = instruction.operandCount;
            for (uint256 i = 0; i < count; ++i) if (!_hasCoordinates(instruction, i)) return 6;
            for (uint256 i = 0; i < count; ++i) {
                if (!_staysInside(instruction, i, inputLength, weightsLength)) return 7;
            }
        }
        return instruction.op == InstructionReader.RANK && !_ranksSafely(instruction) ? 8 : 0;
    }

    /// @notice Limit 4.
    function hasDimensions(Instruction memory instruction) internal pure returns (bool) {
        if (instruction.rank > DIMENSIONS_MAX || instruction.windowRank > DIMENSIONS_MAX) return false;
        if (instruction.windowRank != 0 && !InstructionReader.readsWindow(instruction.op, 0)) return false;
        // no product is zero unless a dimension is: eight of 32 bits do not overflow
        if (instruction.size == 0 || instruction.windowSize == 0) return false;
        return instruction.size <= SIZE_MAX && instruction.windowSize <= WINDOW_MAX;
    }

    /// @dev Limit 2.
    function _isKnown(Instruction memory instruction) private pure returns (bool) {
        if (instruction.elementType > InstructionReader.I32) return false;
        (bool known, uint256 wanted, uint256 integer) = _operandTypes(instruction);
        if (!known) return false;
        unchecked {
            for (uint256 i = 0; i < instruction.operandCount; ++i) {
                uint256 pointer = instruction.operandAt(i);
                uint256 space;
                uint256 elementType;
                assembly ("memory-safe") {
                    let word := mload(pointer)
                    space := byte(0, word)
                    elementType := byte(1, word)
                }
                if (space > InstructionReader.TRACE || elementType > InstructionReader.I32) return false;
                uint256 expected = i == integer ? InstructionReader.I32 : wanted;
                if (expected != ANY && expected != elementType) return false;
            }
        }
        return true;
    }

    /// @dev Whether op, function and type go together; the type that the operands must have; the one operand that is i32.
    function _operandTypes(
        Instruction memory instruction
    ) private pure returns (bool known, uint256 wanted, uint256 integer) {
        (uint256 op, uint256 fn, uint256 given) = (instruction.op, instruction.fn, instruction.elementType);
        integer = NONE;
        if (op == InstructionReader.ZIP) {
            wanted = fn < ZIP_INTEGERS ? InstructionReader.F32 : InstructionReader.I32;
            uint256 gives = fn < ZIP_EQUAL ? InstructionReader.F32 : InstructionReader.I32;
            return ((ZIPS >> fn) & 1 == 1 && given == gives, wanted, integer);
        }
        if (op == InstructionReader.MAP) {
            if (fn == 0) return (true, given, integer);
            wanted = fn == MAP_TO_FLOAT ? InstructionReader.I32 : InstructionReader.F32;
            uint256 gives = fn == MAP_TO_INT ? InstructionReader.I32 : InstructionReader.F32;
            return ((MAPS >> fn) & 1 == 1 && given == gives, wanted, integer);
        }
        if (op == InstructionReader.FOLD) {
            if (fn < FOLD_ARGMAX) return (true, given, integer);
            return (fn <= FOLD_ARGMIN && given == InstructionReader.I32, ANY, integer);
        }
        if (op == InstructionReader.RANK) return (fn <= 1 && given == InstructionReader.I32, ANY, integer);
        if (op == InstructionReader.PICK) integer = 1;
        if (op == InstructionReader.SELECT) integer = 0;
        known = fn == 0 && op >= InstructionReader.DOT && op <= InstructionReader.SELECT;
        return (known, given, integer);
    }

    /// @dev Limit 3.
    function _hasItsParts(Instruction memory instruction) private pure returns (bool) {
        uint256 op = instruction.op;
        uint256 count = instruction.operandCount;
        uint256 a = instruction.a;
        if (op == InstructionReader.DOT) {
            if (count < 2 || count > 3 || instruction.b != 0) return false;
            return instruction.elementType == InstructionReader.I32 ? a == 1 : a != 0;
        }
        if (op == InstructionReader.PICK) return count == 2 && a != 0 && a < INDEX_MAX;
        if (instruction.b != 0) return false;
        if (op == InstructionReader.RANK) return count == 1 && a < instruction.rank;
        if (a != 0) return false;
        if (op == InstructionReader.ZIP) return count == 2;
        if (op == InstructionReader.SELECT) return count == 3;
        if (op == InstructionReader.JOIN) return count != 0 && count <= OPERANDS_MAX;
        return count == 1;
    }

    /// @dev Limit 6.
    function _hasCoordinates(Instruction memory instruction, uint256 i) private pure returns (bool sound) {
        uint256 pointer = instruction.operandAt(i);
        uint256 length = instruction.indexLength(i);
        assembly ("memory-safe") {
            sound := 1
            if byte(0, mload(pointer)) {
                pointer := add(pointer, add(8, mul(5, length)))
                let count := byte(0, mload(pointer))
                pointer := add(pointer, 5)
                sound := iszero(gt(count, COORDINATES_MAX))
                for {} and(sound, gt(count, 0)) {
                    count := sub(count, 1)
                } {
                    let word := mload(pointer)
                    let terms := byte(18, word)
                    sound := and(gt(shr(224, word), 0), gt(and(shr(192, word), 0xffffffff), 0))
                    sound := and(sound, iszero(gt(terms, TERMS_MAX)))
                    pointer := add(pointer, 19)
                    let last := add(pointer, mul(5, terms))
                    for {} and(sound, lt(pointer, last)) {
                        pointer := add(pointer, 5)
                    } {
                        sound := lt(byte(0, mload(pointer)), length)
                    }
                }
            }
        }
    }

    /// @dev Limit 7: the smallest and the largest address, every index and every coordinate taken on its own.
    function _staysInside(
        Instruction memory instruction,
        uint256 i,
        uint256 inputLength,
        uint256 weightsLength
    ) private pure returns (bool) {
        uint256 pointer = instruction.operandAt(i);
        uint256 space;
        assembly ("memory-safe") {
            space := byte(0, mload(pointer))
        }
        if (space == InstructionReader.LITERAL) return true;
        uint256 bound =
            space == 1
                ? inputLength
                : space == 2
                    ? weightsLength
                    : instruction.start;
        int256 reach = instruction.op == InstructionReader.PICK && i == 0 ? _reach(instruction) : int256(0);
        return _isInside(pointer, instruction.indexLength(i), instruction.sizes, reach, bound);
    }

    /// @dev How far the index of a `PICK` can lead.
    function _reach(Instruction memory instruction) private pure returns (int256) {
        unchecked {
            return instruction.b * int256(instruction.a - 1);
        }
    }

    function _isInside(
        uint256 pointer,
        uint256 length,
        uint256 sizes,
        int256 reach,
        uint256 bound
    ) private pure returns (bool inside) {
        assembly ("memory-safe") {
            // below: the sum of what can lead down; span: the sum of all reaches without sign
            let negative := slt(reach, 0)
            let low := add(signextend(5, shr(192, mload(pointer))), mul(negative, reach))
            let span := sub(mul(iszero(negative), reach), mul(negative, reach))
            pointer := add(pointer, 8)
            for {
                let last := add(pointer, mul(5, length))
            } lt(pointer, last) {
                pointer := add(pointer, 5)
            } {
                reach := mul(signextend(4, shr(216, mload(pointer))), sub(mload(sizes), 1))
                sizes := add(sizes, 0x20)
                switch slt(reach, 0)
                case 0 {
                    span := add(span, reach)
                }
                default {
                    low := add(low, reach)
                    span := sub(span, reach)
                }
            }
            let count := byte(0, mload(pointer))
            pointer := add(pointer, 5)
            for {} count {
                count := sub(count, 1)
            } {
                let word := mload(pointer)
                pointer := add(pointer, add(19, mul(5, byte(18, word))))
                reach := mul(signextend(4, shr(152, word)), sub(shr(224, word), 1))
                switch slt(reach, 0)
                case 0 {
                    span := add(span, reach)
                }
                default {
                    low := add(low, reach)
                    span := sub(span, reach)
                }
            }
            inside := and(iszero(slt(low, 0)), lt(add(low, span), bound))
        }
    }

    /// @dev Limit 8.
    function _ranksSafely(Instruction memory instruction) private pure returns (bool safe) {
        uint256 pointer = instruction.operandAt(0);
        uint256 length = instruction.indexLength(0);
        uint256 axis = instruction.a;
        uint256 sizes = instruction.sizes;
        uint256 windowSize = instruction.windowSize;
        assembly ("memory-safe") {
            safe := iszero(gt(mload(add(sizes, shl(5, axis))), windowSize))
            if and(safe, gt(byte(0, mload(pointer)), 0)) {
                safe := iszero(shr(216, mload(add(pointer, add(8, mul(5, axis))))))
                pointer := add(pointer, add(8, mul(5, length)))
                let count := byte(0, mload(pointer))
                pointer := add(pointer, 5)
                for {} and(safe, gt(count, 0)) {
                    count := sub(count, 1)
                } {
                    let last := add(pointer, add(19, mul(5, byte(18, mload(pointer)))))
                    for {
                        pointer := add(pointer, 19)
                    } and(safe, lt(pointer, last)) {
                        pointer := add(pointer, 5)
                    } {
                        safe := iszero(eq(byte(0, mload(pointer)), axis))
                    }
                }
            }
        }
    }
}
