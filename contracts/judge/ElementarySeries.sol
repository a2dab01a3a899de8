// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The integer cores of the elementary functions. Pinned in docs/ARITHMETIC.md; the twin is
/// workers/canonical/arithmetic/elementary-fixed.ts.
/// @dev Fixed point with 112 fraction bits ("Q112") unless a name says otherwise. Shifts round down, divisions truncate.
library ElementarySeries {
    uint256 private constant ONE = 0x10000000000000000000000000000;
    /// @dev ln 2 in Q112, nearest.
    int256 private constant LN2 = 0xb17217f7d1cf79abc9e3b39803f3;
    /// @dev 1 / ln 2 in Q112, nearest.
    int256 private constant INVERSE_LN2 = 0x171547652b82fe1777d0ffda0d23a;
    /// @dev pi / 2 in Q112, nearest.
    int256 private constant HALF_PI = 0x1921fb54442d18469898cc51701b8;
    /// @dev 2 / pi with 256 fraction bits, rounded down.
    uint256 private constant TWO_OVER_PI = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561;

    /// @notice Even part P and odd part over r, Q, of the numerator of the [8/8] Padé approximant of e^r:
    /// e^r = (P + r·Q) / (P - r·Q), and tanh(r/2) = r·Q / P.
    /// @param square r², at most 1/8
    function pade(uint256 square) internal pure returns (uint256 even, uint256 odd) {
        assembly ("memory-safe") {
            even := add(square, shl(112, 2520))
            even := add(shr(112, mul(even, square)), shl(112, 831600))
            even := add(shr(112, mul(even, square)), shl(112, 60540480))
            even := add(shr(112, mul(even, square)), shl(112, 518918400))
            odd := add(mul(72, square), shl(112, 55440))
            odd := add(shr(112, mul(odd, square)), shl(112, 8648640))
            odd := add(shr(112, mul(odd, square)), shl(112, 259459200))
        }
    }

    /// @notice e^x = mantissa · 2^(power - 112), the mantissa between 0.70 and 1.42.
    /// @param x |x| < 2^8
    function exponential(int256 x) internal pure returns (uint256 mantissa, int256 power) {
        unchecked {
            power = (x * INVERSE_LN2 + (1 << 223)) >> 224;
            int256 r = x - power * LN2;
            (uint256 even, uint256 odd) = pade(uint256(r * r) >> 112);
            int256 product = (r * int256(odd)) >> 112;
            mantissa = uint256((int256(even) + product) << 112) / uint256(int256(even) - product);
        }
    }

    /// @notice atanh(z) / z = Σ z^(2n) / (2n+1) up to n = `terms`.
    /// @param square z², at most 1/9
    function atanhSeries(uint256 square, uint256 terms) internal pure returns (uint256 sum) {
        assembly ("memory-safe") {
            for {
                let n := add(shl(1, terms), 1)
            } sgt(n, 0) {
                n := sub(n, 2)
            } {
                sum := add(shr(112, mul(sum, square)), div(ONE, n))
            }
        }
    }

    /// @notice ln(significand · 2^exponent); the significand is below 2^24 and not 0.
    function logarithm(uint256 significand, int256 exponent) internal pure returns (int256) {
        unchecked {
            while (significand < 0x800000) {
                significand <<= 1;
                --exponent;
            }
            int256 distance = int256(significand);
            exponent += 23;
            int256 nearest = 0x800000;
            // floor(sqrt(2) · 2^23): a larger one is nearer to the next power of two
            if (distance > 0xb504f3) {
                nearest = 0x1000000;
                ++exponent;
            }
            int256 z = ((distance - nearest) << 112) / (distance + nearest);
            int256 series = int256(atanhSeries(uint256(z * z) >> 112, 17));
            return exponent * LN2 + ((z * series) >> 111);
        }
    }

    /// @notice sin(r)/r for `from` = 24 and cos(r) for `from` = 23, by 1 - r²/(n(n+1)) · (…), n = from, from-2, … innermost
    /// first.
    /// @param square r², at most 0.62
    function alternatingSeries(uint256 square, uint256 from) internal pure returns (uint256 sum) {
        sum = ONE;
        assembly ("memory-safe") {
            for {
                let n := from
            } sgt(n, 0) {
                n := sub(n, 2)
            } {
                sum := sub(ONE, div(shr(112, mul(square, sum)), mul(n, add(n, 1))))
            }
        }
    }

    /// @notice Nearest multiple of pi/2 to `significand · 2^exponent`, modulo four of them, and the rest of the angle with
    /// 127 fraction bits, within ±pi/4.
    function quarterTurns(uint256 significand, int256 exponent) internal pure returns (uint256 quarter, int256 rest) {
        unchecked {
            // x · 2/pi with 254 fraction bits; whole turns leave at the top
            uint256 turns = exponent >= 2 ? TWO_OVER_PI << uint256(exponent - 2) : TWO_OVER_PI >> uint256(2 - exponent);
            turns *= significand;
            quarter = (turns + (1 << 253)) >> 254;
            rest = ((int256(turns << 2) >> 129) * HALF_PI) >> 112;
        }
    }

    /// @notice Σ (-s)^n / (n! (2n+1)), which is erf(sqrt(s)) · sqrt(pi) / (2 sqrt(s)), by
    /// A_n = 1/(2n+1) - s/(n+1) · A_(n+1), from n = 35 + 2·floor(3s/2).
    /// @param square s, below 16
    function errorSeries(uint256 square) internal pure returns (uint256 sum) {
        assembly ("memory-safe") {
            // n + 1, which is even at the start: two terms a turn
            for {
                let next := add(36, shl(1, shr(113, mul(3, square))))
            } next {
                next := sub(next, 1)
            } {
                sum := sub(div(ONE, sub(add(next, next), 1)), div(shr(112, mul(square, sum)), next))
                next := sub(next, 1)
                sum := sub(div(ONE, sub(add(next, next), 1)), div(shr(112, mul(square, sum)), next))
            }
        }
    }
}
