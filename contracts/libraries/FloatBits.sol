// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a consumer needs to read float32 numbers: elements of a vector, order, and fixed point.
/// @dev IEEE 754 binary32 as bit patterns. Everything that decides money elsewhere is integers; this is for reading answers.
library FloatBits {
    uint256 private constant INFINITY = 0x7f800000;

    error FloatBitsOutOfRange(uint256 index, uint256 length);

    /// @notice The bit pattern of element `index` of a vector.
    function elementAt(bytes calldata vector, uint256 index) internal pure returns (uint32) {
        if (vector.length / 4 <= index) revert FloatBitsOutOfRange(index, vector.length / 4);
        return uint32(bytes4(vector[index * 4:index * 4 + 4]));
    }

    /// @notice Index of the largest float32; the first of equals wins, NaN never does. Zero for an empty vector.
    function argMax(bytes calldata vector) internal pure returns (uint32 best) {
        uint256 bestKey = 0;
        uint256 count = vector.length / 4;
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = orderKey(elementAt(vector, i));
            if (key > bestKey) (bestKey, best) = (key, uint32(i));
        }
    }

    /// @notice An unsigned number that grows with the float; 0 for NaN. Both zeros have the same key.
    function orderKey(uint32 bits) internal pure returns (uint256) {
        uint256 magnitude = bits & 0x7fffffff;
        if (magnitude > INFINITY) return 0;
        return bits >> 31 == 0 ? (1 << 31) + magnitude : (1 << 31) - magnitude;
    }

    /// @notice `value · scale`, rounded down; 0 for NaN and everything negative, the largest uint256 for what does not fit.
    /// @param scale at most 2^128
    function toUnsignedDown(uint32 bits, uint256 scale) internal pure returns (uint256) {
        uint256 magnitude = bits & 0x7fffffff;
        if (bits >> 31 != 0 || magnitude > INFINITY) return 0;
        uint256 exponent = magnitude >> 23;
        // value = mantissa · 2^(exponent - 150); subnormals have exponent 1 without the hidden bit
        uint256 mantissa = exponent == 0 ? magnitude : (magnitude & 0x7fffff) | 0x800000;
        if (exponent == 0) exponent = 1;
        if (exponent <= 150) return (mantissa * scale) >> (150 - exponent);
        // mantissa · scale is below 2^152
        return exponent - 150 > 104 ? type(uint256).max : (mantissa * scale) << (exponent - 150);
    }
}
