// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "./Float32.sol";
import {IndexMap} from "./IndexMap.sol";
import {InstructionReader} from "./InstructionReader.sol";
import {Int32} from "./Int32.sol";

/// @title What a window is folded to, and the order in it
/// @notice docs/PLAN.md, Operations: `FOLD` and `RANK`. Values are patterns of 4 bytes in memory.
/// @dev Order is that of a signed key, larger for what comes first: the number itself for integers, ± the magnitude's pattern for
/// floats, turned around for the smallest first. A NaN has the smallest key of all, in either order.
library Fold {
    uint256 private constant MIN = 1;
    uint256 private constant PROD = 2;
    uint256 private constant ARGMAX = 3;
    uint256 private constant INFINITY = 0x7f800000;
    uint256 private constant NAN_KEY = 1 << 255;

    /// @notice `FOLD` with function `fn` of `count` values.
    function valueOf(uint256 fn, uint256 elementType, uint256 values, uint256 count) internal pure returns (uint256) {
        if (fn == PROD) return _product(elementType, values, count);
        bool largest = fn != MIN && fn <= ARGMAX;
        (uint256 best, , uint256 numbers) = _scan(values, count, elementType, largest, NAN_KEY, values);
        if (fn >= ARGMAX) return best;
        return numbers == count ? IndexMap.canonical(_at(values, best), elementType) : Float32.NAN;
    }

    /// @notice How many values come before the one with index `candidate`; equals come in order of their index.
    function rankOf(
        bool largest,
        uint256 elementType,
        uint256 values,
        uint256 count,
        uint256 candidate
    ) internal pure returns (uint256 rank) {
        uint256 place;
        unchecked {
            place = values + 4 * candidate;
        }
        (, uint256 own, ) = _scan(place, 1, elementType, largest, NAN_KEY, place);
        (, , rank) = _scan(values, count, elementType, largest, own, place);
    }

    function _product(uint256 elementType, uint256 values, uint256 count) private pure returns (uint256 product) {
        bool floats = elementType == InstructionReader.F32;
        product = floats ? Float32.ONE : 1;
        unchecked {
            for (uint256 k = 0; k < count; ++k) {
                uint256 value = _at(values, k);
                product = floats ? Float32.mul(product, value) : Int32.mul(product, value);
            }
        }
    }

    /// @dev Goes through the values once.
    /// @param own a key, and `place` where it stands
    /// @return best index of the value that comes first
    /// @return bestKey its key
    /// @return ahead how many values have a larger key than `own`, or the same and a lower place
    function _scan(
        uint256 values,
        uint256 count,
        uint256 elementType,
        bool largest,
        uint256 own,
        uint256 place
    ) private pure returns (uint256 best, uint256 bestKey, uint256 ahead) {
        assembly ("memory-safe") {
            bestKey := NAN_KEY
            best := values
            count := add(values, shl(2, count))
            for {
                let pointer := values
            } lt(pointer, count) {
                pointer := add(pointer, 4)
            } {
                let key := shr(224, mload(pointer))
                switch elementType
                case 0 {
                    let negative := shr(31, key)
                    key := and(key, 0x7fffffff)
                    switch gt(key, INFINITY)
                    case 0 {
                        // its own sign, and once more for the smallest first
                        if eq(negative, largest) {
                            key := sub(0, key)
                        }
                    }
                    default {
                        key := NAN_KEY
                    }
                }
                default {
                    key := signextend(3, key)
                    if iszero(largest) {
                        key := sub(0, key)
                    }
                }
                ahead := add(ahead, or(sgt(key, own), and(eq(key, own), lt(pointer, place))))
                if sgt(key, bestKey) {
                    best := pointer
                    bestKey := key
                }
            }
            best := shr(2, sub(best, values))
        }
    }

    function _at(uint256 values, uint256 k) private pure returns (uint256 bits) {
        assembly ("memory-safe") {
            bits := shr(224, mload(add(values, shl(2, k))))
        }
    }
}
