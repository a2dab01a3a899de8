// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "./Float32.sol";
import {IndexMap} from "./IndexMap.sol";
import {InstructionReader} from "./InstructionReader.sol";
import {Int32} from "./Int32.sol";

/// @title What a window is folded to, and the order in it
/// @notice docs/PLAN.md, Operations: `FOLD` and `RANK`. Values are patterns of 4 bytes in memory.
library Fold {
    uint256 private constant MIN = 1;
    uint256 private constant PROD = 2;
    uint256 private constant ARGMAX = 3;
    uint256 private constant SIGN = 0x80000000;
    /// @dev Turns an order around; every key but 0 stays above 0.
    uint256 private constant KEY_END = 0x100000001;

    /// @notice `FOLD` with function `fn` of `count` values.
    function valueOf(uint256 fn, uint256 elementType, uint256 values, uint256 count) internal pure returns (uint256) {
        if (fn == PROD) return _product(elementType, values, count);
        (uint256 best, bool nan) = _first(elementType, fn != MIN && fn <= ARGMAX, values, count);
        if (fn >= ARGMAX) return best;
        return nan ? Float32.NAN : IndexMap.canonical(_at(values, best), elementType);
    }

    /// @notice How many values come before the one with index `candidate`.
    function rankOf(
        bool largest,
        uint256 elementType,
        uint256 values,
        uint256 count,
        uint256 candidate
    ) internal pure returns (uint256 rank) {
        uint256 own = _key(_at(values, candidate), elementType, largest);
        unchecked {
            for (uint256 k = 0; k < count; ++k) {
                uint256 key = _key(_at(values, k), elementType, largest);
                if (key > own || (key == own && k < candidate)) ++rank;
            }
        }
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

    /// @dev The first of the values that come first, and whether there is a NaN.
    function _first(
        uint256 elementType,
        bool largest,
        uint256 values,
        uint256 count
    ) private pure returns (uint256 best, bool nan) {
        uint256 bestKey = 0;
        unchecked {
            for (uint256 k = 0; k < count; ++k) {
                uint256 key = _key(_at(values, k), elementType, largest);
                if (key > bestKey) (best, bestKey) = (k, key);
                if (key == 0) nan = true;
            }
        }
    }

    /// @dev Larger for what comes first; 0 for NaN, which is last in either order.
    function _key(uint256 bits, uint256 elementType, bool largest) private pure returns (uint256 key) {
        unchecked {
            key = elementType == InstructionReader.F32 ? Float32.orderKey(bits) : (bits ^ SIGN) + 1;
            if (!largest && key != 0) key = KEY_END - key;
        }
    }

    function _at(uint256 values, uint256 k) private pure returns (uint256 bits) {
        assembly ("memory-safe") {
            bits := shr(224, mload(add(values, shl(2, k))))
        }
    }
}
