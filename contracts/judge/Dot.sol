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
    uint256 private constant TWOS = 0x0000000200000002000000020000000200000002000000020000000200000002;
    /// @dev 2^31 − 317: reaches the sign bit with exponents that add up to 317 or more.
    uint256 private constant TO_LIMIT = 0x7ffffec37ffffec37ffffec37ffffec37ffffec37ffffec37ffffec37ffffec3;

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

    /// @dev Sums word after word; one that `_plain` stops at is left to `Float32.product160`.
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

    /// @dev Adds eight products at a time, up to a word with something in it that is not finite, or with a product that may
    /// reach 2^64. Exponents, significands and signs are found for all lanes at once. Only one of the two shifts of a product
    /// is below 256, or both are 0.
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
                let exponents := and(a, EXPONENTS)
                let other := and(b, EXPONENTS)
                // an exponent of 255 carries into the sign bit
                let special := or(add(exponents, HIDDEN_BITS), add(other, HIDDEN_BITS))
                // the sign bit where the exponent is not 0
                let normalA := and(add(exponents, EXPONENTS), SIGNS)
                let normalB := and(add(other, EXPONENTS), SIGNS)
                // subnormal numbers have exponent 1
                exponents := add(add(shr(23, exponents), shr(23, other)), TWOS)
                exponents := sub(exponents, add(shr(31, normalA), shr(31, normalB)))
                if and(or(special, add(exponents, TO_LIMIT)), SIGNS) {
                    break
                }
                a := or(and(a, FRACTIONS), shr(8, normalA))
                b := or(and(b, FRACTIONS), shr(8, normalB))
                let exponent
                let product
                exponent := and(exponents, 0x1ff)
                product := mul(and(a, 0xffffff), and(b, 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(30, signs), 2))))
                exponent := and(shr(32, exponents), 0x1ff)
                product := mul(and(shr(32, a), 0xffffff), and(shr(32, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(62, signs), 2))))
                exponent := and(shr(64, exponents), 0x1ff)
                product := mul(and(shr(64, a), 0xffffff), and(shr(64, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(94, signs), 2))))
                exponent := and(shr(96, exponents), 0x1ff)
                product := mul(and(shr(96, a), 0xffffff), and(shr(96, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(126, signs), 2))))
                exponent := and(shr(128, exponents), 0x1ff)
                product := mul(and(shr(128, a), 0xffffff), and(shr(128, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(158, signs), 2))))
                exponent := and(shr(160, exponents), 0x1ff)
                product := mul(and(shr(160, a), 0xffffff), and(shr(160, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(190, signs), 2))))
                exponent := and(shr(192, exponents), 0x1ff)
                product := mul(and(shr(192, a), 0xffffff), and(shr(192, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(222, signs), 2))))
                exponent := and(shr(224, exponents), 0x1ff)
                product := mul(and(shr(224, a), 0xffffff), and(shr(224, b), 0xffffff))
                product := or(shl(sub(exponent, 140), product), shr(sub(140, exponent), product))
                sum := add(sum, mul(product, sub(1, and(shr(254, signs), 2))))
            }
            total := sum
            pointer := left
        }
    }
}
