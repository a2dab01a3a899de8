// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "../judge/Float32.sol";
import {Int32} from "../judge/Int32.sol";

/// @notice `Float32` and `Int32` from outside, thousands of cases at once. Operands and results are packed, 4 bytes each and
/// big-endian; functions go by number: floats from 0, integers from 32.
contract JudgeArithmetic {
    error JudgeArithmeticUnknownFunction(uint256 id);

    /// @param operands 4 bytes for each case
    /// @return results 4 bytes for each case
    function unary(uint8 id, bytes calldata operands) external pure returns (bytes memory results) {
        function(uint256) pure returns (uint256) f = _unary(id);
        uint256 count = operands.length / 4;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) _put(results, i, f(_word(operands, 4 * i) >> 224));
    }

    /// @param operands 8 bytes for each case: left, right
    /// @return results 4 bytes for each case
    function binary(uint8 id, bytes calldata operands) external pure returns (bytes memory results) {
        function(uint256, uint256) pure returns (uint256) f = _binary(id);
        uint256 count = operands.length / 8;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 pair = _word(operands, 8 * i);
            _put(results, i, f(pair >> 224, (pair >> 192) & 0xffffffff));
        }
    }

    /// @param operands 8 bytes for each case: left, right
    /// @return results 64 bytes for each case: scaled, bad
    function products(bytes calldata operands) external pure returns (bytes memory results) {
        uint256 count = operands.length / 8;
        results = new bytes(64 * count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 pair = _word(operands, 8 * i);
            (int256 scaled, bool bad) = Float32.product160(pair >> 224, (pair >> 192) & 0xffffffff);
            assembly ("memory-safe") {
                let place := add(add(results, 32), shl(6, i))
                mstore(place, scaled)
                mstore(add(place, 32), bad)
            }
        }
    }

    /// @param operands 128 bytes for each case: negative, numerator, denominator, exponent
    /// @return results 4 bytes for each case
    function rationals(bytes calldata operands) external pure returns (bytes memory results) {
        uint256 count = operands.length / 128;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 offset = 128 * i;
            uint256 bits = Float32.fromRational(
                _word(operands, offset) != 0,
                _word(operands, offset + 32),
                _word(operands, offset + 64),
                int256(_word(operands, offset + 96))
            );
            _put(results, i, bits);
        }
    }

    /// @param operands 64 bytes for each case: value, exponent
    /// @return results 4 bytes for each case
    function integers(bytes calldata operands) external pure returns (bytes memory results) {
        uint256 count = operands.length / 64;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) {
            int256 value = int256(_word(operands, 64 * i));
            _put(results, i, Float32.fromInteger(value, int256(_word(operands, 64 * i + 32))));
        }
    }

    /// @param operands 64 bytes for each case: sum, divisor
    /// @return results 4 bytes for each case
    function dots(bytes calldata operands) external pure returns (bytes memory results) {
        uint256 count = operands.length / 64;
        results = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) {
            int256 sum = int256(_word(operands, 64 * i));
            _put(results, i, Float32.dotResult(sum, _word(operands, 64 * i + 32)));
        }
    }

    /// @notice What one call of a binary function costs in gas, its own jump included.
    function gasOf(uint8 id, uint256 a, uint256 b) external view returns (uint256 gas) {
        function(uint256, uint256) pure returns (uint256) f = _binary(id);
        uint256 before = gasleft();
        f(a, b);
        return before - gasleft();
    }

    /// @notice What one call of a unary function costs in gas, its own jump included.
    function gasOfUnary(uint8 id, uint256 x) external view returns (uint256 gas) {
        function(uint256) pure returns (uint256) f = _unary(id);
        uint256 before = gasleft();
        f(x);
        return before - gasleft();
    }

    function _unary(uint256 id) private pure returns (function(uint256) pure returns (uint256)) {
        if (id == 0) return Float32.canonical;
        if (id == 1) return Float32.sqrt;
        if (id == 2) return Float32.neg;
        if (id == 3) return Float32.abs;
        if (id == 4) return Float32.sign;
        if (id == 5) return Float32.floor;
        if (id == 6) return Float32.ceil;
        if (id == 7) return Float32.trunc;
        if (id == 8) return Float32.roundHalfEven;
        if (id == 9) return Float32.fromInt32;
        if (id == 10) return Float32.toInt32;
        if (id == 11) return _classOf;
        if (id == 12) return _lowOrderKey;
        if (id == 32) return Int32.neg;
        if (id == 33) return Int32.abs;
        if (id == 34) return Int32.sign;
        revert JudgeArithmeticUnknownFunction(id);
    }

    function _binary(uint256 id) private pure returns (function(uint256, uint256) pure returns (uint256)) {
        if (id == 0) return Float32.add;
        if (id == 1) return Float32.sub;
        if (id == 2) return Float32.mul;
        if (id == 3) return Float32.div;
        if (id == 4) return Float32.fmod;
        if (id == 5) return Float32.min;
        if (id == 6) return Float32.max;
        if (id == 7) return Float32.eq;
        if (id == 8) return Float32.lt;
        if (id == 9) return Float32.le;
        return _binaryOfIntegers(id);
    }

    function _binaryOfIntegers(uint256 id) private pure returns (function(uint256, uint256) pure returns (uint256)) {
        if (id == 32) return Int32.add;
        if (id == 33) return Int32.sub;
        if (id == 34) return Int32.mul;
        if (id == 35) return Int32.div;
        if (id == 36) return Int32.mod;
        if (id == 37) return Int32.rem;
        if (id == 38) return Int32.pow;
        if (id == 39) return Int32.min;
        if (id == 40) return Int32.max;
        if (id == 41) return Int32.eq;
        if (id == 42) return Int32.lt;
        if (id == 43) return Int32.le;
        if (id == 44) return Int32.and;
        if (id == 45) return Int32.or;
        if (id == 46) return Int32.xor;
        revert JudgeArithmeticUnknownFunction(id);
    }

    /// @dev 2 for NaN, 1 for the other numbers that are not finite, 0 for the rest.
    function _classOf(uint256 x) private pure returns (uint256) {
        if (Float32.isNaN(x)) return 2;
        return Float32.isFinite(x) ? 0 : 1;
    }

    /// @dev The largest key, of +∞, is below 2^32.
    function _lowOrderKey(uint256 x) private pure returns (uint256) {
        return Float32.orderKey(x);
    }

    function _word(bytes calldata data, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, offset))
        }
    }

    /// @dev Adds to what is there: the word that ends with this element holds the ones before it, too.
    function _put(bytes memory results, uint256 index, uint256 bits) private pure {
        assembly ("memory-safe") {
            let place := add(add(results, 4), shl(2, index))
            mstore(place, or(mload(place), bits))
        }
    }
}
