// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice How far two numbers lie apart, in tolerances: exactly, in integers, without any rounding.
/// @dev The tolerance around a canonical number is `absTol + relTol · |canonical|`, in real numbers. A gap is judged by comparing
/// `|claimed − canonical|` with one tolerance and with `WIDE` of them. Everything is a multiple of 2^-298 (the product of two
/// smallest float32) below 2^263, so sums of 576 bits hold all of it. NaN or infinite tolerances are the publisher's: they
/// allow everything.
library Tolerance {
    /// @notice Tolerances beyond which a gap convicts.
    uint256 internal constant WIDE = 16;

    uint256 private constant INFINITY = 0x7f800000;
    uint256 private constant MAGNITUDE = 0x7fffffff;
    /// @dev Bit of 2^-149, where 2^-298 is bit 0.
    uint256 private constant FLOAT_UNIT = 149;
    /// @dev Bit of 1.
    uint256 private constant ONE_UNIT = 298;

    enum Distance {
        Within,
        Beyond,
        FarBeyond
    }

    /// @dev 768 bits, low to high.
    struct Sum {
        uint256 low;
        uint256 middle;
        uint256 high;
    }

    /// @notice Whether a float32 pattern is infinite or NaN.
    function isFinite(uint32 bits) internal pure returns (bool) {
        return bits & MAGNITUDE < INFINITY;
    }

    function isNaN(uint32 bits) internal pure returns (bool) {
        return bits & MAGNITUDE > INFINITY;
    }

    /// @notice A signed number that grows with the float; both zeros have the same.
    function order(uint32 bits) internal pure returns (int256) {
        int256 magnitude = int256(uint256(bits & MAGNITUDE));
        return bits >> 31 == 0 ? magnitude : -magnitude;
    }

    /// @notice One pattern per number: +0 for both zeros, one NaN.
    function canonicalBits(uint32 bits) internal pure returns (uint32) {
        if (isNaN(bits)) return 0x7fc00000;
        return bits == 0x80000000 ? 0 : bits;
    }

    /// @notice Distance of two finite float32, in tolerances around the second. All four are bit patterns.
    function ofFloats(uint32 claimed, uint32 canonical, uint32 absTol, uint32 relTol) internal pure returns (Distance) {
        if (!isFinite(absTol) || !isFinite(relTol)) return Distance.Within;
        // Terms of the difference, the larger number's side first, so that both sides hold positive terms only.
        Sum memory larger;
        Sum memory smaller;
        bool swapped = order(claimed) < order(canonical);
        _addFloat((claimed >> 31 != 0) == swapped ? larger : smaller, claimed);
        _addFloat((canonical >> 31 != 0) == swapped ? smaller : larger, canonical);
        (uint256 c, uint256 shift) = _parts(canonical);
        return _judge(larger, smaller, c, shift, absTol, relTol);
    }

    /// @notice The same of two int32, under float32 tolerances. Patterns.
    function ofIntegers(
        uint32 claimed,
        uint32 canonical,
        uint32 absTol,
        uint32 relTol
    ) internal pure returns (Distance) {
        if (!isFinite(absTol) || !isFinite(relTol)) return Distance.Within;
        Sum memory larger;
        Sum memory smaller;
        int256 anchor = int32(canonical);
        _add(larger, integerGap(claimed, canonical), ONE_UNIT);
        // |canonical| · 2^149 in units of 2^-149: below 2^181
        return _judge(larger, smaller, uint256(anchor < 0 ? -anchor : anchor), FLOAT_UNIT, absTol, relTol);
    }

    /// @notice Distance of two int32 under an integer tolerance: `|claimed − canonical|` against `absTol`.
    function ofCounts(uint32 claimed, uint32 canonical, uint32 absTol) internal pure returns (Distance) {
        uint256 gap = integerGap(claimed, canonical);
        if (gap <= absTol) return Distance.Within;
        return gap <= WIDE * absTol ? Distance.Beyond : Distance.FarBeyond;
    }

    /// @notice `|a − b|` of two int32 patterns.
    function integerGap(uint32 a, uint32 b) internal pure returns (uint256) {
        int256 gap = int256(int32(a)) - int32(b);
        return uint256(gap < 0 ? -gap : gap);
    }

    /// @param c and `shiftC`: |canonical| as `c · 2^shiftC` in units of 2^-149
    /// @dev larger − smaller against n · (absTol + relTol · |canonical|)
    function _judge(
        Sum memory larger,
        Sum memory smaller,
        uint256 c,
        uint256 shiftC,
        uint32 absTol,
        uint32 relTol
    ) private pure returns (Distance) {
        (uint256 r, uint256 shiftR) = _parts(relTol);
        (r, shiftR) = (r * c, shiftR + shiftC);
        (uint256 t, uint256 shiftT) = _parts(absTol);
        shiftT += FLOAT_UNIT;
        _add(smaller, t, shiftT);
        _add(smaller, r, shiftR);
        if (!_exceeds(larger, smaller)) return Distance.Within;
        _add(smaller, t * (WIDE - 1), shiftT);
        _add(smaller, r * (WIDE - 1), shiftR);
        return _exceeds(larger, smaller) ? Distance.FarBeyond : Distance.Beyond;
    }

    /// @dev |value| = mantissa · 2^shift in units of 2^-149; subnormals have exponent 1 without the hidden bit.
    function _parts(uint32 bits) private pure returns (uint256 mantissa, uint256 shift) {
        uint256 exponent = (bits & MAGNITUDE) >> 23;
        mantissa = bits & 0x7fffff;
        if (exponent == 0) return (mantissa, 0);
        return (mantissa | 0x800000, exponent - 1);
    }

    function _addFloat(Sum memory sum, uint32 bits) private pure {
        (uint256 mantissa, uint256 shift) = _parts(bits);
        _add(sum, mantissa, shift + FLOAT_UNIT);
    }

    /// @dev Adds `value · 2^shift`; value below 2^64, shift below 512: the largest is that of relTol · |canonical|, 253 + 253.
    /// Without branches: a carry out of the middle word is 0 or 1, whether or not numbers exist that make it 1.
    function _add(Sum memory sum, uint256 value, uint256 shift) private pure {
        unchecked {
            uint256 offset = shift & 0xff;
            uint256 low = value << offset;
            uint256 high = offset == 0 ? 0 : value >> (256 - offset);
            if (shift < 256) {
                sum.low += low;
                // high is below 2^64, so the carry fits
                high += SafeCast.toUint(sum.low < low);
                sum.middle += high;
                sum.high += SafeCast.toUint(sum.middle < high);
            } else {
                sum.middle += low;
                sum.high += high + SafeCast.toUint(sum.middle < low);
            }
        }
    }

    function _exceeds(Sum memory a, Sum memory b) private pure returns (bool) {
        if (a.high != b.high) return a.high > b.high;
        if (a.middle != b.middle) return a.middle > b.middle;
        return a.low > b.low;
    }
}
