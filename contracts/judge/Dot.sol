// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Float32} from "./Float32.sol";

/// @title Sums of products
/// @notice docs/ARITHMETIC.md, Sums of products. Both operands are patterns of 4 bytes in memory, eight to a word, zeros up to
/// the end of the last word.
library Dot {
    /// @dev One number in each of eight lanes of 32 bits.
    uint256 private constant SIGNS = 0x8000000080000000800000008000000080000000800000008000000080000000;
    uint256 private constant EXPONENTS = 0x7f8000007f8000007f8000007f8000007f8000007f8000007f8000007f800000;
    uint256 private constant FRACTIONS = 0x007fffff007fffff007fffff007fffff007fffff007fffff007fffff007fffff;
    uint256 private constant HIDDEN_BITS = 0x0080000000800000008000000080000000800000008000000080000000800000;
    uint256 private constant BELOW_SIGNS = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;
    /// @dev 2^31 − 315: reaches the sign bit with exponents that add up to 317 or more when subnormal numbers have 1.
    uint256 private constant TO_LIMIT = 0x7ffffec57ffffec57ffffec57ffffec57ffffec57ffffec57ffffec57ffffec5;
    /// @dev 2^31 − 138: likewise, with exponents that add up to 140 or more.
    uint256 private constant TO_SHIFT = 0x7fffff767fffff767fffff767fffff767fffff767fffff767fffff767fffff76;

    /// @notice The float nearest to (Σ left · right + bias) ÷ divisor.
    function ofFloats(
        uint256 left,
        uint256 right,
        uint256 count,
        uint256 bias,
        uint256 divisor
    ) internal pure returns (uint256) {
        (int256 sum, bool bad) = Float32.product160(bias, Float32.ONE);
        if (bad) return Float32.NAN;
        int256 products;
        (products, bad) = _sum(left, right, count);
        if (bad) return Float32.NAN;
        unchecked {
            return Float32.dotResult(sum + products, divisor);
        }
    }

    /// @notice Σ left · right + bias, wrapped.
    function ofIntegers(uint256 left, uint256 right, uint256 count, uint256 bias) internal pure returns (uint256 sum) {
        assembly ("memory-safe") {
            sum := bias
            let distance := sub(right, left)
            // what is above a lane does not reach the lowest 32 bits
            for {
                let end := add(left, shl(2, count))
            } lt(left, end) {
                left := add(left, 0x20)
            } {
                let a := mload(left)
                let b := mload(add(left, distance))
                sum := add(sum, mul(a, b))
                sum := add(sum, mul(shr(32, a), shr(32, b)))
                sum := add(sum, mul(shr(64, a), shr(64, b)))
                sum := add(sum, mul(shr(96, a), shr(96, b)))
                sum := add(sum, mul(shr(128, a), shr(128, b)))
                sum := add(sum, mul(shr(160, a), shr(160, b)))
                sum := add(sum, mul(shr(192, a), shr(192, b)))
                sum := add(sum, mul(shr(224, a), shr(224, b)))
            }
            sum := and(sum, 0xffffffff)
        }
    }

    /// @dev Sums word after word; those that `_plain` stops at are left to `Float32.product160`.
    function _sum(uint256 left, uint256 right, uint256 count) private pure returns (int256 sum, bool bad) {
        unchecked {
            uint256 distance = right - left;
            uint256 end = left + 4 * count;
            while (true) {
                (sum, left) = _plain(left, distance, end, sum);
                if (left >= end) return (sum, false);
                for (uint256 i = 0; i < 8; ++i) {
                    (uint256 a, uint256 b) = (_lane(left, i), _lane(left + distance, i));
                    int256 product;
                    (product, bad) = Float32.product160(a, b);
                    if (bad) return (0, true);
                    sum += product;
                }
                left += 0x20;
            }
        }
    }

    function _lane(uint256 pointer, uint256 i) private pure returns (uint256 bits) {
        assembly ("memory-safe") {
            bits := shr(224, mload(add(pointer, shl(2, i))))
        }
    }

    /// @dev Adds eight products at a time, up to a word with something in it that is not finite, with a product that may
    /// reach 2^64, or with one that has digits below 2^−160. Shifts, significands and signs are found for all lanes at once.
    /// The shift of a product that is 0 may be a negative one: it is taken modulo 512, and 256 or more.
    /// @return total the sum so far
    /// @return pointer the word where it stopped
    function _plain(
        uint256 left,
        uint256 distance,
        uint256 end,
        int256 sum
    ) private pure returns (int256 total, uint256 pointer) {
        assembly ("memory-safe") {
            for {} lt(left, end) {
                left := add(left, 0x20)
            } {
                let a := mload(left)
                let b := mload(add(left, distance))
                let signs := xor(a, b)
                let shifts
                {
                    let exponents := and(a, EXPONENTS)
                    let others := and(b, EXPONENTS)
                    // an exponent of 255 carries into the sign bit
                    let special := or(add(exponents, HIDDEN_BITS), add(others, HIDDEN_BITS))
                    // the sign bit where the exponent is not 0
                    let normal := and(add(exponents, EXPONENTS), SIGNS)
                    a := or(and(a, FRACTIONS), shr(8, normal))
                    exponents := add(shr(23, exponents), shr(23, others))
                    others := and(add(others, EXPONENTS), SIGNS)
                    b := or(and(b, FRACTIONS), shr(8, others))
                    // less 2, and as if subnormal numbers had exponent 1
                    exponents := sub(exponents, add(shr(31, normal), shr(31, others)))
                    shifts := add(exponents, TO_SHIFT)
                    // the sign bit where a significand is not 0
                    normal := and(add(a, BELOW_SIGNS), SIGNS)
                    signs := shr(31, and(signs, normal))
                    special := and(or(special, add(exponents, TO_LIMIT)), SIGNS)
                    if or(special, and(and(not(shifts), normal), add(b, BELOW_SIGNS))) {
                        break
                    }
                }
                // two's complement in 32 bits
                a := add(xor(a, mul(signs, 0xffffffff)), signs)
                sum := add(sum, shl(and(shifts, 0x1ff), mul(signextend(3, a), and(b, 0xffffff))))
                sum := add(
                    sum,
                    shl(and(shr(32, shifts), 0x1ff), mul(signextend(3, shr(32, a)), and(shr(32, b), 0xffffff)))
                )
                sum := add(
                    sum,
                    shl(and(shr(64, shifts), 0x1ff), mul(signextend(3, shr(64, a)), and(shr(64, b), 0xffffff)))
                )
                sum := add(
                    sum,
                    shl(and(shr(96, shifts), 0x1ff), mul(signextend(3, shr(96, a)), and(shr(96, b), 0xffffff)))
                )
                sum := add(
                    sum,
                    shl(and(shr(128, shifts), 0x1ff), mul(signextend(3, shr(128, a)), and(shr(128, b), 0xffffff)))
                )
                sum := add(
                    sum,
                    shl(and(shr(160, shifts), 0x1ff), mul(signextend(3, shr(160, a)), and(shr(160, b), 0xffffff)))
                )
                sum := add(
                    sum,
                    shl(and(shr(192, shifts), 0x1ff), mul(signextend(3, shr(192, a)), and(shr(192, b), 0xffffff)))
                )
                sum := add(
                    sum,
                    shl(and(shr(224, shifts), 0x1ff), mul(signextend(3, shr(224, a)), and(shr(224, b), 0xffffff)))
                )
            }
            total := sum
            pointer := left
        }
    }
}
