// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Decimal fixed point as float32.
library DecimalFloat {
    /// @notice `value / 10^decimals` as the bits of the nearest float32, ties to even (IEEE 754-2019, 4.3.1).
    /// @param decimals at most 18, so that no result is subnormal; none is infinite, for |value| ≤ 2^127
    /// @dev Twin: `workers/protocol/decimal-float.ts`.
    function toFloat32(int128 value, uint256 decimals) internal pure returns (uint32) {
        if (value == 0) return 0;
        uint256 sign = value < 0 ? 0x80000000 : 0;
        uint256 magnitude = value < 0 ? uint256(-int256(value)) : uint256(int256(value));
        uint256 power = 10 ** decimals;
        // 128 more bits than the quotient needs: at least 68 significant ones, and the remainder as a sticky bit.
        uint256 quotient = (magnitude << 128) / power;
        bool inexact = (magnitude << 128) % power != 0;
        uint256 top = Math.log2(quotient);
        uint256 shift = top - 23;
        uint256 mantissa = quotient >> shift;
        uint256 rest = quotient & ((1 << shift) - 1);
        uint256 half = 1 << (shift - 1);
        bool up = rest > half || (rest == half && (inexact || mantissa & 1 == 1));
        // The leading bit of the mantissa is the lowest of the exponent; a carry out of the mantissa raises the exponent.
        return uint32(sign | (((top - 1) << 23) + (mantissa - (1 << 23)) + (up ? 1 : 0)));
    }
}
