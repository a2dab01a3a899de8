// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Canonical int32 arithmetic
/// @notice Two's complement 32-bit patterns held in `uint256`. Sums and products wrap, division truncates, and division by zero
/// gives 0.
/// @dev Nothing here reverts. Bits of an operand above the 32nd must be zero. Twin: `workers/canonical/arithmetic/int32.ts`.
library Int32 {
    uint256 private constant MASK = 0xffffffff;
    uint256 private constant SIGN = 0x80000000;

    function add(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return (a + b) & MASK;
        }
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return (a - b) & MASK;
        }
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return (a * b) & MASK;
        }
    }

    /// @notice a ÷ b, truncated; 0 when b is 0. The smallest number ÷ −1 wraps to itself.
    function div(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := and(sdiv(signextend(3, a), signextend(3, b)), 0xffffffff)
        }
    }

    /// @notice The remainder of the floored division, with the sign of b, as in Python; 0 when b is 0.
    function mod(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := smod(signextend(3, a), signextend(3, b))
            if and(gt(r, 0), slt(xor(r, signextend(3, b)), 0)) {
                r := add(r, b)
            }
            r := and(r, 0xffffffff)
        }
    }

    /// @notice The remainder of the truncated division, with the sign of a, as in C; 0 when b is 0.
    function rem(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := and(smod(signextend(3, a), signextend(3, b)), 0xffffffff)
        }
    }

    /// @notice base^exponent, wrapped. A negative exponent gives the quotient 1 ÷ base^−exponent, truncated: 0, but 1 of 1 and ±1
    /// of −1; also 0 of 0.
    function pow(uint256 base, uint256 exponent) internal pure returns (uint256) {
        unchecked {
            if (exponent < SIGN) return (base ** exponent) & MASK;
            if (base == 1) return 1;
            if (base == MASK) return exponent & 1 == 0 ? 1 : MASK;
            return 0;
        }
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return lt(a, b) == 1 ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return lt(a, b) == 1 ? b : a;
    }

    /// @notice 1 when a = b, else 0.
    function eq(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := eq(a, b)
        }
    }

    /// @notice 1 when a < b, else 0.
    function lt(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := lt(xor(a, 0x80000000), xor(b, 0x80000000))
        }
    }

    /// @notice 1 when a ≤ b, else 0.
    function le(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := iszero(gt(xor(a, 0x80000000), xor(b, 0x80000000)))
        }
    }

    /// @notice The bits set in both.
    function and(uint256 a, uint256 b) internal pure returns (uint256) {
        return a & b;
    }

    /// @notice The bits set in either.
    function or(uint256 a, uint256 b) internal pure returns (uint256) {
        return a | b;
    }

    /// @notice The bits set in one of them.
    function xor(uint256 a, uint256 b) internal pure returns (uint256) {
        return a ^ b;
    }

    /// @notice −x; the smallest number wraps to itself.
    function neg(uint256 x) internal pure returns (uint256) {
        unchecked {
            return (0 - x) & MASK;
        }
    }

    /// @notice |x|; the smallest number wraps to itself.
    function abs(uint256 x) internal pure returns (uint256) {
        return x < SIGN ? x : neg(x);
    }

    /// @notice −1, 0 or 1.
    function sign(uint256 x) internal pure returns (uint256) {
        if (x == 0) return 0;
        return x < SIGN ? 1 : MASK;
    }
}
