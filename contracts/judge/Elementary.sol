// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ElementarySeries} from "./ElementarySeries.sol";
import {Float32} from "./Float32.sol";

/// @notice exp, log, tanh, erf, sigmoid, softplus, sin, cos and pow of canonical float32: one pinned integer algorithm each
/// and one rounding to the nearest float32 at the end. Pinned in docs/ARITHMETIC.md; the twin is
/// workers/canonical/arithmetic/elementary.ts.
/// @dev Numbers are bit patterns in the low 32 bits, canonical (zero is +0, NaN is 0x7fc00000), and so are the results.
/// "Q112" is a fixed-point number with 112 fraction bits.
library Elementary {
    uint256 private constant ONE = 0x10000000000000000000000000000;
    /// @dev 2/sqrt(pi) in Q112, nearest.
    uint256 private constant TWO_OVER_SQRT_PI = 0x120dd750429b6d11ae3a914fed7fe;

    uint256 private constant MINUS_INFINITY = 0xff800000;
    uint256 private constant MINUS_ONE = 0xbf800000;

    // Magnitudes from which a function is constant or linear, or from which it is computed in another way.
    uint256 private constant EIGHTH = 0x3e000000;
    uint256 private constant HALF = 0x3f000000;
    uint256 private constant FOUR = 0x40800000;
    uint256 private constant SIXTEEN = 0x41800000;
    uint256 private constant HUNDRED_TWENTY_EIGHT = 0x43000000;

    /// @dev |y · ln x| in Q112 from which a power is infinite or 0.
    int256 private constant POWER_LIMIT = 128 << 112;

    /// @notice e^x. Overflows to infinity, underflows through the subnormals to 0.
    function exp(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & Float32.MAGNITUDE;
            if (magnitude > Float32.INFINITY) return Float32.NAN;
            if (magnitude >= HUNDRED_TWENTY_EIGHT) return magnitude == x ? Float32.INFINITY : 0;
            int256 fixedX = int256(_fixed(magnitude));
            (uint256 mantissa, int256 power) = ElementarySeries.exponential(magnitude == x ? fixedX : -fixedX);
            return Float32.fromInteger(int256(mantissa), power - 112);
        }
    }

    /// @notice Natural logarithm; minus infinity at 0, NaN below.
    function log(uint256 x) internal pure returns (uint256) {
        if (x == 0) return MINUS_INFINITY;
        if (x == Float32.INFINITY) return Float32.INFINITY;
        if (x > Float32.INFINITY) return Float32.NAN;
        (uint256 significand, int256 exponent) = _decode(x);
        return Float32.fromInteger(ElementarySeries.logarithm(significand, exponent), -112);
    }

    /// @notice Hyperbolic tangent.
    function tanh(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & Float32.MAGNITUDE;
            if (magnitude > Float32.INFINITY) return Float32.NAN;
            if (magnitude >= SIXTEEN) return magnitude == x ? Float32.ONE : MINUS_ONE;
            if (magnitude < EIGHTH) {
                (uint256 significand, int256 exponent) = _decode(magnitude);
                (uint256 even, uint256 odd) = ElementarySeries.pade(
                    _shifted(significand * significand, 2 * exponent + 114)
                );
                return _signed(x, significand * ((odd << 112) / even), exponent - 111);
            }
            (uint256 mantissa, int256 power) = ElementarySeries.exponential(-2 * int256(_fixed(magnitude)));
            uint256 small = mantissa >> uint256(-power);
            return _signed(x, ((ONE - small) << 112) / (ONE + small), -112);
        }
    }

    /// @notice The error function, 2/sqrt(pi) times the integral of e^(-t²) from 0 to x.
    function erf(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & Float32.MAGNITUDE;
            if (magnitude > Float32.INFINITY) return Float32.NAN;
            if (magnitude >= FOUR) return magnitude == x ? Float32.ONE : MINUS_ONE;
            (uint256 significand, int256 exponent) = _decode(magnitude);
            uint256 series = ElementarySeries.errorSeries(_shifted(significand * significand, 2 * exponent + 112));
            return _signed(x, significand * ((series * TWO_OVER_SQRT_PI) >> 112), exponent - 112);
        }
    }

    /// @notice 1 / (1 + e^-x).
    function sigmoid(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & Float32.MAGNITUDE;
            if (magnitude > Float32.INFINITY) return Float32.NAN;
            if (magnitude >= HUNDRED_TWENTY_EIGHT) return magnitude == x ? Float32.ONE : 0;
            (uint256 mantissa, int256 power) = ElementarySeries.exponential(-int256(_fixed(magnitude)));
            uint256 total = ONE + (mantissa >> uint256(-power));
            return
                magnitude == x
                    ? Float32.fromInteger(int256((ONE << 112) / total), -112)
                    : Float32.fromInteger(int256((mantissa << 112) / total), power - 112);
        }
    }

    /// @notice ln(1 + e^x).
    function softplus(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & Float32.MAGNITUDE;
            if (magnitude > Float32.INFINITY) return Float32.NAN;
            if (magnitude >= HUNDRED_TWENTY_EIGHT) return magnitude == x ? x : 0;
            uint256 fixedX = _fixed(magnitude);
            (uint256 mantissa, int256 power) = ElementarySeries.exponential(-int256(fixedX));
            uint256 down = uint256(-power);
            // ln(1 + t) = 2 atanh(t / (2 + t)); the quotient keeps t's own exponent, so that small t lose nothing
            uint256 ratio = (mantissa << 112) / (2 * ONE + (mantissa >> down));
            uint256 z = ratio >> down;
            uint256 product = ratio * ElementarySeries.atanhSeries((z * z) >> 112, 25);
            return
                magnitude == x
                    ? Float32.fromInteger(int256(fixedX + (product >> (111 + down))), -112)
                    : Float32.fromInteger(int256(product), power - 223);
        }
    }

    /// @notice Sine of an angle in radians; NaN at infinity.
    function sin(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & Float32.MAGNITUDE;
            if (magnitude >= Float32.INFINITY) return Float32.NAN;
            if (magnitude >= HALF) return _circular(x, 0);
            (uint256 significand, int256 exponent) = _decode(magnitude);
            uint256 series = ElementarySeries.alternatingSeries(
                _shifted(significand * significand, 2 * exponent + 112),
                24
            );
            return _signed(x, significand * series, exponent - 112);
        }
    }

    /// @notice Cosine of an angle in radians; NaN at infinity.
    function cos(uint256 x) internal pure returns (uint256) {
        uint256 magnitude = x & Float32.MAGNITUDE;
        if (magnitude >= Float32.INFINITY) return Float32.NAN;
        return _circular(magnitude, 1);
    }

    /// @notice x^y with the special cases of C's `pow` where zero has no sign: x^0 = 1^y = 1 even for NaN, 0^y = +infinity
    /// for negative y, NaN for a negative base and a fractional exponent.
    /// @dev The result is rounded to 64 fraction bits first: it is far nearer than that to every power that is a float32,
    /// or lies half way between two, and those come out exact.
    function pow(uint256 x, uint256 y) internal pure returns (uint256) {
        unchecked {
            if (y == 0 || x == Float32.ONE) return Float32.ONE;
            uint256 magnitudeX = x & Float32.MAGNITUDE;
            uint256 magnitudeY = y & Float32.MAGNITUDE;
            if (magnitudeX > Float32.INFINITY || magnitudeY > Float32.INFINITY) return Float32.NAN;
            bool shrinks = magnitudeY != y;
            if (magnitudeY == Float32.INFINITY) {
                if (x == MINUS_ONE) return Float32.ONE;
                return (magnitudeX > Float32.ONE) != shrinks ? Float32.INFINITY : 0;
            }
            if (x == 0) return shrinks ? Float32.INFINITY : 0;
            uint256 sign = 0;
            (uint256 significand, int256 exponent) = _decode(magnitudeY);
            if (magnitudeX != x) {
                (bool whole, bool odd) = _parity(significand, exponent);
                if (!whole && magnitudeX != Float32.INFINITY) return Float32.NAN;
                if (odd) sign = Float32.SIGN;
            }
            if (magnitudeX == Float32.INFINITY) return shrinks ? 0 : Float32.INFINITY | sign;
            int256 factor = shrinks ? -int256(significand) : int256(significand);
            return _power(magnitudeX, factor, exponent, sign);
        }
    }

    /// @dev |x|^(factor · 2^exponent) with the sign bit `sign`; x finite and not 0.
    function _power(uint256 x, int256 factor, int256 exponent, uint256 sign) private pure returns (uint256) {
        unchecked {
            (uint256 significandX, int256 exponentX) = _decode(x);
            int256 product = ElementarySeries.logarithm(significandX, exponentX) * factor;
            product = exponent >= 0 ? product << uint256(exponent) : product >> uint256(-exponent);
            if (product >= POWER_LIMIT) return Float32.INFINITY | sign;
            if (product <= -POWER_LIMIT) return 0;
            (uint256 mantissa, int256 power) = ElementarySeries.exponential(product);
            return _signed(sign, (mantissa + (1 << 47)) >> 48, power - 64);
        }
    }

    /// @dev Whether `significand · 2^exponent` is a whole number, and whether it is an odd one.
    function _parity(uint256 significand, int256 exponent) private pure returns (bool whole, bool odd) {
        unchecked {
            if (exponent > 0) return (true, false);
            uint256 unit = 1 << uint256(-exponent);
            whole = significand & (unit - 1) == 0;
            odd = whole && significand & unit != 0;
        }
    }

    /// @dev sin(x + ahead · pi/2).
    function _circular(uint256 x, uint256 ahead) private pure returns (uint256) {
        unchecked {
            (uint256 significand, int256 exponent) = _decode(x & Float32.MAGNITUDE);
            (uint256 quarter, int256 rest) = ElementarySeries.quarterTurns(significand, exponent);
            quarter += ahead;
            uint256 square = uint256(rest * rest) >> 142;
            if (quarter & 2 != 0) x ^= Float32.SIGN;
            if (quarter & 1 != 0) return _signed(x, ElementarySeries.alternatingSeries(square, 23), -112);
            int256 sine = rest * int256(ElementarySeries.alternatingSeries(square, 24));
            return Float32.fromInteger(x & Float32.SIGN != 0 ? -sine : sine, -239);
        }
    }

    /// @dev `value · 2^exponent` with the sign of the float `x`, rounded.
    function _signed(uint256 x, uint256 value, int256 exponent) private pure returns (uint256) {
        unchecked {
            return Float32.fromInteger(x & Float32.SIGN != 0 ? -int256(value) : int256(value), exponent);
        }
    }

    /// @dev `significand · 2^exponent` of a finite float without its sign; the significand is below 2^24.
    function _decode(uint256 magnitude) private pure returns (uint256 significand, int256 exponent) {
        unchecked {
            uint256 biased = (magnitude >> 23) & 0xff;
            significand = magnitude & 0x7fffff;
            if (biased == 0) return (significand, -149);
            return (significand | 0x800000, int256(biased) - 150);
        }
    }

    /// @dev A float without its sign in Q112, rounded down; it is below 2^8.
    function _fixed(uint256 magnitude) private pure returns (uint256) {
        unchecked {
            (uint256 significand, int256 exponent) = _decode(magnitude);
            return _shifted(significand, exponent + 112);
        }
    }

    /// @dev `value · 2^shift`, rounded down.
    function _shifted(uint256 value, int256 shift) private pure returns (uint256) {
        unchecked {
            return shift >= 0 ? value << uint256(shift) : value >> uint256(-shift);
        }
    }
}
