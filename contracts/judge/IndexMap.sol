// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Instruction, InstructionReader} from "./InstructionReader.sol";
import {Chunks, ChunkReader} from "./ChunkReader.sol";

/// @notice An operand of one element: what is left of its addressing when the coordinates of the output are put in.
/// @dev `steps` leads to one word for each window dimension. `coordinates` leads to entries of four words (size, divisor,
/// stride, numerator at the window's beginning) and one word for each window dimension: the coefficient.
struct View {
    uint256 space;
    uint256 elementType;
    /// pattern of a literal, or of what is read out of range
    uint256 pad;
    int256 base;
    /// window dimensions that it is read in
    uint256 depth;
    uint256 steps;
    uint256 coordinates;
    uint256 coordinatesEnd;
    /// sizes and coordinates of the window: memory words
    uint256 sizes;
    uint256 index;
    Chunks chunks;
}

/// @title Where the numbers of an operand are
/// @notice docs/PLAN.md, Encoding: steps, bounded coordinates, pads.
library IndexMap {
    using InstructionReader for Instruction;
    using ChunkReader for Chunks;

    uint256 private constant LANES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @notice Splits a place in the output into its coordinates, which `viewOf` puts in.
    function setElement(Instruction memory instruction, uint256 flat) internal pure {
        _unravel(flat, instruction.sizes, instruction.index, instruction.rank);
    }

    /// @notice Coordinate `dimension` of the element that was set.
    function coordinateAt(
        Instruction memory instruction,
        uint256 dimension
    ) internal pure returns (uint256 coordinate) {
        uint256 index = instruction.index;
        assembly ("memory-safe") {
            coordinate := mload(add(index, shl(5, dimension)))
        }
    }

    /// @notice Operand `i` for the element that was set.
    /// @param vectors chunks of the spaces, by number
    function viewOf(
        Instruction memory instruction,
        uint256 i,
        Chunks[4] memory vectors
    ) internal pure returns (View memory operand) {
        unchecked {
            uint256 pointer = instruction.operandAt(i);
            uint256 rank = instruction.rank;
            assembly ("memory-safe") {
                let word := mload(pointer)
                mstore(operand, byte(0, word))
                mstore(add(operand, 0x20), byte(1, word))
                mstore(add(operand, 0x40), and(shr(208, word), 0xffffffff))
                mstore(add(operand, 0x60), signextend(5, shr(192, word)))
                pointer := add(pointer, 8)
            }
            if (operand.space == InstructionReader.LITERAL) return operand;
            operand.depth = instruction.indexLength(i) - rank;
            operand.sizes = instruction.sizes + 32 * rank;
            operand.index = instruction.index + 32 * rank;
            operand.chunks = vectors[operand.space];
            pointer = _steps(operand, pointer, instruction.index, rank);
            _coordinates(operand, pointer, instruction.index, rank);
        }
    }

    /// @notice The operand's number at position `k` of the window, in its canonical form.
    /// @return bits pattern
    /// @return inside it is a literal, or its coordinates are in range
    function valueAt(View memory operand, uint256 k) internal pure returns (uint256 bits, bool inside) {
        return valueBeyond(operand, k, 0);
    }

    /// @notice The same, `shift` elements further when it is in range.
    function valueBeyond(
        View memory operand,
        uint256 k,
        int256 shift
    ) internal pure returns (uint256 bits, bool inside) {
        unchecked {
            inside = operand.space == InstructionReader.LITERAL;
            bits = operand.pad;
            if (!inside) {
                uint256 element;
                (element, inside) = _locate(operand, k);
                if (inside) bits = operand.chunks.elementAt(uint256(int256(element) + shift));
            }
            bits = canonical(bits, operand.elementType);
        }
    }

    /// @notice A float with one zero and one NaN; an integer as it is.
    function canonical(uint256 bits, uint256 elementType) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := bits
            if iszero(elementType) {
                let magnitude := and(bits, 0x7fffffff)
                r := mul(bits, gt(magnitude, 0))
                if gt(magnitude, 0x7f800000) {
                    r := 0x7fc00000
                }
            }
        }
    }

    /// @notice The operand over the whole window: `count` patterns of 4 bytes in order, as they are read; zeros up to the end
    /// of the last word.
    /// @return values where they are in memory
    function gather(View memory operand, uint256 count) internal pure returns (uint256 values) {
        assembly ("memory-safe") {
            values := mload(0x40)
            // a word more: copies write past the end
            mstore(0x40, add(values, and(add(shl(2, count), 0x5f), not(0x1f))))
        }
        unchecked {
            uint256 to = values;
            if (operand.space == InstructionReader.LITERAL) {
                _fill(to, operand.pad, count);
                to += 4 * count;
            } else {
                (uint256 length, int256 step) = _run(operand);
                uint256 pad = operand.pad;
                for (uint256 k = 0; k < count; k += length) {
                    (uint256 element, bool inside) = _locate(operand, k);
                    if (!inside) {
                        _fill(to, pad, length);
                    } else if (step == 0 && length != 1) {
                        _fill(to, operand.chunks.elementAt(element), length);
                    } else {
                        operand.chunks.copy(element, step, length, to);
                    }
                    to += 4 * length;
                }
            }
            assembly ("memory-safe") {
                mstore(to, 0)
            }
        }
    }

    /// @dev How many elements at a time are one step apart with no coordinate changing, and the step.
    function _run(View memory operand) private pure returns (uint256 length, int256 step) {
        assembly ("memory-safe") {
            length := 1
            let depth := mload(add(operand, 0x80))
            let steps := mload(add(operand, 0xa0))
            let coordinates := mload(add(operand, 0xc0))
            let end := mload(add(operand, 0xe0))
            let sizes := mload(add(operand, 0x100))
            let entry := shl(5, add(depth, 4))
            for {
                let pointer := shl(5, depth)
            } pointer {} {
                pointer := sub(pointer, 0x20)
                // the dimension must not be in a coordinate
                let coefficients := 0
                for {
                    let place := add(coordinates, add(0x80, pointer))
                } lt(place, end) {
                    place := add(place, entry)
                } {
                    coefficients := or(coefficients, mload(place))
                }
                let size := mload(add(sizes, pointer))
                if gt(size, 1) {
                    if coefficients {
                        break
                    }
                    let own := mload(add(steps, pointer))
                    switch eq(length, 1)
                    case 1 {
                        step := own
                    }
                    default {
                        if iszero(eq(own, mul(step, length))) {
                            break
                        }
                    }
                    length := mul(length, size)
                }
            }
        }
        // a single element is as good as a run of neighbours
        if (length == 1) step = 1;
    }

    /// @dev The element at position `k` of the window, and whether every coordinate is in range.
    function _locate(View memory operand, uint256 k) private pure returns (uint256 element, bool inside) {
        uint256 depth = operand.depth;
        uint256 index = operand.index;
        if (depth != 0) _unravel(k, operand.sizes, index, depth);
        assembly ("memory-safe") {
            element := mload(add(operand, 0x60))
            inside := 1
            let steps := mload(add(operand, 0xa0))
            let last := add(index, shl(5, depth))
            for {
                let pointer := index
            } lt(pointer, last) {
                pointer := add(pointer, 0x20)
            } {
                element := add(element, mul(mload(steps), mload(pointer)))
                steps := add(steps, 0x20)
            }
            let end := mload(add(operand, 0xe0))
            for {
                let entry := mload(add(operand, 0xc0))
            } lt(entry, end) {} {
                let size := mload(entry)
                let divisor := mload(add(entry, 0x20))
                let stride := mload(add(entry, 0x40))
                let numerator := mload(add(entry, 0x60))
                entry := add(entry, 0x80)
                for {
                    let pointer := index
                } lt(pointer, last) {
                    pointer := add(pointer, 0x20)
                } {
                    numerator := add(numerator, mul(mload(entry), mload(pointer)))
                    entry := add(entry, 0x20)
                }
                // one below zero is huge: above every size times every divisor
                if or(mod(numerator, divisor), iszero(lt(numerator, mul(size, divisor)))) {
                    inside := 0
                    break
                }
                element := add(element, mul(stride, div(numerator, divisor)))
            }
        }
    }

    function _unravel(uint256 flat, uint256 sizes, uint256 index, uint256 depth) private pure {
        assembly ("memory-safe") {
            for {
                let pointer := shl(5, depth)
            } pointer {} {
                pointer := sub(pointer, 0x20)
                let size := mload(add(sizes, pointer))
                mstore(add(index, pointer), mod(flat, size))
                flat := div(flat, size)
            }
        }
    }

    /// @dev Puts the output's coordinates into the steps; leaves those of the window. The place after the steps.
    function _steps(View memory operand, uint256 pointer, uint256 index, uint256 rank) private pure returns (uint256) {
        uint256 depth = operand.depth;
        int256 base = operand.base;
        assembly ("memory-safe") {
            for {
                let last := add(index, shl(5, rank))
            } lt(index, last) {
                index := add(index, 0x20)
            } {
                base := add(base, mul(signextend(4, shr(216, mload(pointer))), mload(index)))
                pointer := add(pointer, 5)
            }
            let to := mload(0x40)
            mstore(add(operand, 0xa0), to)
            for {
                let last := add(pointer, mul(5, depth))
            } lt(pointer, last) {
                pointer := add(pointer, 5)
            } {
                mstore(to, signextend(4, shr(216, mload(pointer))))
                to := add(to, 0x20)
            }
            mstore(0x40, to)
        }
        operand.base = base;
        return pointer;
    }

    /// @dev Reads the coordinates and puts those of the output in.
    function _coordinates(View memory operand, uint256 pointer, uint256 index, uint256 rank) private pure {
        uint256 depth = operand.depth;
        assembly ("memory-safe") {
            let count := byte(0, mload(pointer))
            let entry := mload(0x40)
            mstore(add(operand, 0xc0), entry)
            let entryBytes := shl(5, add(depth, 4))
            mstore(0x40, add(entry, mul(count, entryBytes)))
            mstore(add(operand, 0xe0), mload(0x40))
            mstore(add(operand, 0x40), mul(shr(224, mload(add(pointer, 1))), gt(count, 0)))
            pointer := add(pointer, 5)
            for {} count {
                count := sub(count, 1)
            } {
                let word := mload(pointer)
                mstore(entry, shr(224, word))
                mstore(add(entry, 0x20), and(shr(192, word), 0xffffffff))
                mstore(add(entry, 0x40), signextend(4, shr(152, word)))
                let numerator := signextend(4, shr(112, word))
                // the coefficients add up in memory that may have been used
                calldatacopy(add(entry, 0x80), calldatasize(), shl(5, depth))
                let last := add(pointer, add(19, mul(5, byte(18, word))))
                for {
                    pointer := add(pointer, 19)
                } lt(pointer, last) {
                    pointer := add(pointer, 5)
                } {
                    word := mload(pointer)
                    let dimension := byte(0, word)
                    let coefficient := signextend(3, shr(216, word))
                    switch lt(dimension, rank)
                    case 1 {
                        numerator := add(numerator, mul(coefficient, mload(add(index, shl(5, dimension)))))
                    }
                    default {
                        let place := add(entry, add(0x80, shl(5, sub(dimension, rank))))
                        mstore(place, add(mload(place), coefficient))
                    }
                }
                mstore(add(entry, 0x60), numerator)
                entry := add(entry, entryBytes)
            }
        }
    }

    /// @dev Writes a pattern `count` times, and up to 28 bytes further.
    function _fill(uint256 to, uint256 bits, uint256 count) private pure {
        assembly ("memory-safe") {
            let word := mul(bits, LANES)
            for {
                let last := add(to, shl(2, count))
            } lt(to, last) {
                to := add(to, 0x20)
            } {
                mstore(to, word)
            }
        }
    }
}
