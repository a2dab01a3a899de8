// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Canonical float32 arithmetic
/// @notice IEEE-754 binary32 as 32-bit patterns held in `uint256`, every result the float32 nearest to the exact one, ties to
/// even. Zero is +0 and NaN is `0x7fc00000`: operands are made canonical when read and results when written, so zero has no
/// sign and NaN no payload. Infinities and NaN arise as in IEEE-754 otherwise.
/// @dev Nothing here reverts. Bits of an operand above the 32nd must be zero. Twin: `workers/canonical/arithmetic/`; shared
/// cases: `test/vectors/float32.json`.
library Float32 {
    uint256 internal constant NAN = 0x7fc00000;
    uint256 internal constant INFINITY = 0x7f800000;
    uint256 internal constant ONE = 0x3f800000;
    uint256 internal constant SIGN = 0x80000000;
    uint256 internal constant MAGNITUDE = 0x7fffffff;

    uint256 private constant HALF = 0x3f000000;
    /// @dev 2^23: the smallest float32 without a fraction bit.
    uint256 private constant INTEGRAL = 0x4b000000;
    /// @dev 2^31: beyond every int32.
    uint256 private constant INT32_LIMIT = 0x4f000000;

    /// @notice −0 becomes +0, every NaN becomes `0x7fc00000`, anything else stays.
    function canonical(uint256 x) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            let magnitude := and(x, 0x7fffffff)
            r := mul(x, gt(magnitude, 0))
            if gt(magnitude, 0x7f800000) {
                r := 0x7fc00000
            }
        }
    }

    function isNaN(uint256 x) internal pure returns (bool) {
        return x & MAGNITUDE > INFINITY;
    }

    /// @notice Neither an infinity nor NaN.
    function isFinite(uint256 x) internal pure returns (bool) {
        return x & MAGNITUDE < INFINITY;
    }

    function add(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            let high := and(a, 0x7fffffff)
            let low := and(b, 0x7fffffff)
            r := a
            if lt(high, low) {
                let other := high
                high := low
                low := other
                r := b
            }
            let exponent := shr(23, high)
            let lowExponent := shr(23, low)
            let distance := sub(exponent, lowExponent)
            let differ := shr(31, xor(a, b))
            // both normal, and at most one leading bit is lost or won
            switch and(lt(exponent, 255), and(gt(lowExponent, 0), or(iszero(differ), gt(distance, 1))))
            case 0 {
                r := 0
            }
            default {
                let signBit := and(r, 0x80000000)
                low := or(and(low, 0x7fffff), 0x800000)
                // more than 30 places below the other, only the sign of an operand matters
                if gt(distance, 30) {
                    distance := 30
                    low := 1
                }
                high := shl(distance, or(and(high, 0x7fffff), 0x800000))
                switch differ
                case 0 {
                    high := add(high, low)
                }
                default {
                    high := sub(high, low)
                }
                // the top bit of `high` is next below, at, or next above the one of the larger operand
                let leading := shr(add(distance, 23), high)
                leading := add(gt(leading, 0), gt(leading, 1))
                let shift := sub(add(distance, leading), 1)
                r := shr(shift, high)
                let rest := and(high, sub(shl(shift, 1), 1))
                r := add(r, gt(add(rest, and(r, 1)), shl(sub(shift, 1), 1)))
                // biased exponent: exponent + leading - 1
                r := add(r, shl(23, sub(add(exponent, leading), 2)))
                if gt(r, 0x7f800000) {
                    r := 0x7f800000
                }
                r := or(r, signBit)
            }
        }
        // zero, subnormal, infinite or NaN somewhere, or cancellation
        if (r == 0) return _addRare(a, b);
    }

    function _addRare(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (a & MAGNITUDE < b & MAGNITUDE) (a, b) = (b, a);
            uint256 signBit = a & SIGN;
            bool differ = (a ^ b) & SIGN != 0;
            a &= MAGNITUDE;
            b &= MAGNITUDE;
            if (a > INFINITY || (b == INFINITY && differ)) return NAN;
            if (a == INFINITY) return INFINITY | signBit;
            if (b == 0) return a == 0 ? 0 : a | signBit;
            (uint256 high, int256 highExponent) = _split(a);
            (uint256 low, int256 exponent) = _split(b);
            // more than 30 places below the other, only the sign of an operand matters
            uint256 distance = uint256(highExponent - exponent);
            if (distance > 30) {
                low = 1;
                distance = 30;
            }
            high = differ ? (high << distance) - low : (high << distance) + low;
            return high == 0 ? 0 : _round(signBit, high, highExponent - int256(distance));
        }
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        return add(a, b ^ SIGN);
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256 r) {
        assembly ("memory-safe") {
            let exponent := and(shr(23, a), 0xff)
            let exponentOfB := and(shr(23, b), 0xff)
            if and(lt(sub(exponent, 1), 254), lt(sub(exponentOfB, 1), 254)) {
                let product := mul(or(and(a, 0x7fffff), 0x800000), or(and(b, 0x7fffff), 0x800000))
                let shift := add(23, shr(47, product))
                // the product's top bit is shift + 23; value = product · 2^(exponents - 300)
                let biased := sub(add(add(exponent, exponentOfB), shift), 150)
                if sgt(biased, 0) {
                    r := shr(shift, product)
                    let rest := and(product, sub(shl(shift, 1), 1))
                    r := add(r, gt(add(rest, and(r, 1)), shl(sub(shift, 1), 1)))
                    r := add(r, shl(23, sub(biased, 1)))
                    if gt(r, 0x7f800000) {
                        r := 0x7f800000
                    }
                    r := or(r, and(xor(a, b), 0x80000000))
                }
            }
        }
        // zero, subnormal, infinite or NaN somewhere
        if (r == 0) return _mulRare(a, b);
    }

    function _mulRare(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            uint256 signBit = (a ^ b) & SIGN;
            a &= MAGNITUDE;
            b &= MAGNITUDE;
            if (a > INFINITY || b > INFINITY) return NAN;
            if (a == INFINITY || b == INFINITY) return a == 0 || b == 0 ? NAN : INFINITY | signBit;
            if (a == 0 || b == 0) return 0;
            (uint256 left, int256 leftExponent) = _split(a);
            (uint256 right, int256 rightExponent) = _split(b);
            return _round(signBit, left * right, leftExponent + rightExponent);
        }
    }

    /// @notice a ÷ b; a ÷ 0 is the infinity with the sign of a, and 0 ÷ 0 is NaN.
    function div(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 signBit = (a ^ b) & SIGN;
            uint256 signOfA = a & SIGN;
            a &= MAGNITUDE;
            b &= MAGNITUDE;
            if (a > INFINITY || b > INFINITY) return NAN;
            if (b == 0) return a == 0 ? NAN : INFINITY | signOfA;
            if (a == INFINITY) return b == INFINITY ? NAN : INFINITY | signBit;
            if (a == 0 || b == INFINITY) return 0;
            (uint256 dividend, int256 exponent) = _split(a);
            (uint256 divisor, int256 divisorExponent) = _split(b);
            uint256 quotient;
            assembly ("memory-safe") {
                // at least 40 bits, so that the last one can stand for all that follow
                dividend := shl(64, dividend)
                quotient := or(div(dividend, divisor), gt(mod(dividend, divisor), 0))
            }
            return _round(signBit, quotient, exponent - divisorExponent - 64);
        }
    }

    /// @notice √x; of anything below zero NaN.
    function sqrt(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & MAGNITUDE;
            if (magnitude == 0) return 0;
            if (x > INFINITY) return NAN;
            if (x == INFINITY) return INFINITY;
            (uint256 significand, int256 exponent) = _split(x);
            // 79 bits or 80, with an even exponent
            uint256 shift = 79 - _top(significand);
            if ((uint256(exponent) ^ shift) & 1 != 0) --shift;
            significand <<= shift;
            uint256 root;
            assembly ("memory-safe") {
                // Newton's method: the relative error of the first guess is below 1/2, five steps leave it below 2^-60
                root := 0xe000000000
                root := shr(1, add(root, div(significand, root)))
                root := shr(1, add(root, div(significand, root)))
                root := shr(1, add(root, div(significand, root)))
                root := shr(1, add(root, div(significand, root)))
                root := shr(1, add(root, div(significand, root)))
                root := sub(root, gt(root, div(significand, root)))
                // at least 39 bits, so that the last one can stand for all that follow
                root := or(root, gt(significand, mul(root, root)))
            }
            return _round(0, root, (exponent - int256(shift)) >> 1);
        }
    }

    /// @notice The remainder of a ÷ b truncated, exact, with the sign of a: C's `fmod`. NaN when b is zero or a is infinite;
    /// a itself when b is infinite.
    function fmod(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 signBit = a & SIGN;
            a &= MAGNITUDE;
            b &= MAGNITUDE;
            if (a >= INFINITY || b > INFINITY || b == 0) return NAN;
            if (a < b) return a == 0 ? 0 : a | signBit;
            (uint256 dividend, int256 exponent) = _split(a);
            (uint256 divisor, int256 divisorExponent) = _split(b);
            // a ≥ b, so the distance is in [0, 253] and the power fits
            uint256 power = 1 << uint256(exponent - divisorExponent);
            uint256 rest = mulmod(dividend, power, divisor);
            return rest == 0 ? 0 : _round(signBit, rest, divisorExponent);
        }
    }

    /// @notice The smaller one; NaN when either is NaN.
    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        uint256 keyOfA = orderKey(a);
        uint256 keyOfB = orderKey(b);
        if (keyOfA == 0 || keyOfB == 0) return NAN;
        return canonical(keyOfA < keyOfB ? a : b);
    }

    /// @notice The larger one; NaN when either is NaN.
    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        uint256 keyOfA = orderKey(a);
        uint256 keyOfB = orderKey(b);
        if (keyOfA == 0 || keyOfB == 0) return NAN;
        return canonical(keyOfA > keyOfB ? a : b);
    }

    /// @notice 1 when a = b, else 0; NaN equals nothing.
    function eq(uint256 a, uint256 b) internal pure returns (uint256 r) {
        a = orderKey(a);
        b = orderKey(b);
        assembly ("memory-safe") {
            r := and(eq(a, b), gt(a, 0))
        }
    }

    /// @notice 1 when a < b, else 0; NaN compares false.
    function lt(uint256 a, uint256 b) internal pure returns (uint256 r) {
        a = orderKey(a);
        b = orderKey(b);
        assembly ("memory-safe") {
            r := and(lt(a, b), gt(a, 0))
        }
    }

    /// @notice 1 when a ≤ b, else 0; NaN compares false.
    function le(uint256 a, uint256 b) internal pure returns (uint256 r) {
        a = orderKey(a);
        b = orderKey(b);
        assembly ("memory-safe") {
            r := and(iszero(gt(a, b)), gt(a, 0))
        }
    }

    /// @notice A number that grows with the float; 0 for NaN, which is below everything.
    function orderKey(uint256 x) internal pure returns (uint256 key) {
        assembly ("memory-safe") {
            let magnitude := and(x, 0x7fffffff)
            switch gt(x, 0x7fffffff)
            case 0 {
                key := add(0x80000000, magnitude)
            }
            default {
                key := sub(0x80000000, magnitude)
            }
            key := mul(key, lt(magnitude, 0x7f800001))
        }
    }

    function neg(uint256 x) internal pure returns (uint256) {
        return canonical(x ^ SIGN);
    }

    function abs(uint256 x) internal pure returns (uint256) {
        return canonical(x & MAGNITUDE);
    }

    /// @notice −1, 0 or 1 as a float; NaN of NaN.
    function sign(uint256 x) internal pure returns (uint256) {
        uint256 magnitude = x & MAGNITUDE;
        if (magnitude == 0) return 0;
        return magnitude > INFINITY ? NAN : ONE | (x & SIGN);
    }

    /// @notice The largest integer not above x.
    function floor(uint256 x) internal pure returns (uint256) {
        return _integral(x, x >> 31);
    }

    /// @notice The smallest integer not below x.
    function ceil(uint256 x) internal pure returns (uint256) {
        return _integral(x, (x >> 31) ^ 1);
    }

    /// @notice The integer next to x towards zero.
    function trunc(uint256 x) internal pure returns (uint256) {
        return _integral(x, 0);
    }

    /// @notice The integer nearest to x; of two equally near the even one.
    function roundHalfEven(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & MAGNITUDE;
            if (magnitude >= INTEGRAL) return canonical(x);
            if (magnitude <= HALF) return 0;
            if (magnitude < ONE) return ONE | (x & SIGN);
            // the bit worth 1 is bit 150 - exponent; the hidden bit of [1, 2) is odd, and so is its exponent field
            uint256 shift = 150 - (magnitude >> 23);
            uint256 odd = (magnitude >> shift) & 1;
            magnitude = (magnitude + (1 << (shift - 1)) - 1 + odd) >> shift;
            return (magnitude << shift) | (x & SIGN);
        }
    }

    /// @dev Drops the fraction; adds one to the magnitude first when `away` is 1 and there is a fraction.
    function _integral(uint256 x, uint256 away) private pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & MAGNITUDE;
            if (magnitude >= INTEGRAL) return canonical(x);
            if (magnitude < ONE) return away == 0 || magnitude == 0 ? 0 : ONE | (x & SIGN);
            uint256 shift = 150 - (magnitude >> 23);
            magnitude = (magnitude + away * ((1 << shift) - 1)) >> shift;
            return (magnitude << shift) | (x & SIGN);
        }
    }

    /// @notice The float nearest to an int32, given as its two's complement pattern.
    function fromInt32(uint256 x) internal pure returns (uint256) {
        unchecked {
            if (x == 0) return 0;
            uint256 signBit = x & SIGN;
            return _round(signBit, signBit == 0 ? x : 0x100000000 - x, 0);
        }
    }

    /// @notice The int32 next to x towards zero, as its pattern; the nearest limit when x is beyond them, 0 for NaN.
    function toInt32(uint256 x) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = x & MAGNITUDE;
            if (magnitude < ONE || magnitude > INFINITY) return 0;
            uint256 negative = x >> 31;
            if (magnitude >= INT32_LIMIT) return 0x7fffffff + negative;
            (uint256 significand, int256 exponent) = _split(magnitude);
            significand = exponent < 0 ? significand >> uint256(-exponent) : significand << uint256(exponent);
            return negative == 0 ? significand : 0x100000000 - significand;
        }
    }

    /// @notice The float nearest to ± numerator ÷ denominator · 2^exponent2.
    /// @param denominator at most 2^64; by 0 it divides as `div` does: 0 gives NaN, anything else the infinity of the sign
    function fromRational(
        bool negative,
        uint256 numerator,
        uint256 denominator,
        int256 exponent2
    ) internal pure returns (uint256) {
        unchecked {
            uint256 signBit = negative ? SIGN : 0;
            if (denominator == 0) return numerator == 0 ? NAN : INFINITY | signBit;
            if (numerator == 0) return 0;
            if (exponent2 > 1024) return INFINITY | signBit;
            if (exponent2 < -1024) return 0;
            if (denominator == 1) return _round(signBit, numerator, exponent2);
            uint256 shift = 255 - _top(numerator);
            assembly ("memory-safe") {
                // at least 191 bits, so that the last one can stand for all that follow
                numerator := shl(shift, numerator)
                numerator := or(div(numerator, denominator), gt(mod(numerator, denominator), 0))
            }
            return _round(signBit, numerator, exponent2 - int256(shift));
        }
    }

    /// @notice The float nearest to value · 2^exponent2.
    function fromInteger(int256 value, int256 exponent2) internal pure returns (uint256) {
        unchecked {
            return fromRational(value < 0, value < 0 ? uint256(-value) : uint256(value), 1, exponent2);
        }
    }

    /// @notice The rounding of an exact sum of products: the float nearest to sum · 2^−160 ÷ divisor.
    function dotResult(int256 sum, uint256 divisor) internal pure returns (uint256) {
        unchecked {
            return fromRational(sum < 0, sum < 0 ? uint256(-sum) : uint256(sum), divisor, -160);
        }
    }

    /// @notice a · b · 2^160, truncated towards zero.
    /// @return scaled below 2^224 in magnitude; 0 when `bad`
    /// @return bad an operand is not finite, or |a · b| ≥ 2^64
    function product160(uint256 a, uint256 b) internal pure returns (int256 scaled, bool bad) {
        assembly ("memory-safe") {
            let exponent := and(shr(23, a), 0xff)
            let exponentOfB := and(shr(23, b), 0xff)
            let product := mul(
                add(and(a, 0x7fffff), shl(23, gt(exponent, 0))),
                add(and(b, 0x7fffff), shl(23, gt(exponentOfB, 0)))
            )
            bad := or(eq(exponent, 255), eq(exponentOfB, 255))
            // value · 2^160 = product · 2^shift
            let shift := sub(add(add(exponent, iszero(exponent)), add(exponentOfB, iszero(exponentOfB))), 140)
            switch slt(shift, 0)
            case 0 {
                scaled := shl(shift, product)
                if gt(shift, 176) {
                    // 48 bits may pass the 224th
                    if or(gt(shift, 224), gt(shr(sub(224, shift), product), 0)) {
                        bad := or(bad, gt(product, 0))
                    }
                }
            }
            default {
                scaled := shr(sub(0, shift), product)
            }
            if and(xor(a, b), 0x80000000) {
                scaled := sub(0, scaled)
            }
            scaled := mul(scaled, iszero(bad))
        }
    }

    /// @dev magnitude = significand · 2^exponent for a finite magnitude.
    function _split(uint256 magnitude) private pure returns (uint256 significand, int256 exponent) {
        assembly ("memory-safe") {
            exponent := shr(23, magnitude)
            significand := add(and(magnitude, 0x7fffff), shl(23, gt(exponent, 0)))
            exponent := sub(add(exponent, iszero(exponent)), 150)
        }
    }

    /// @dev The index of the highest bit set; 0 for 0.
    function _top(uint256 x) private pure returns (uint256 r) {
        assembly ("memory-safe") {
            r := shl(7, gt(x, 0xffffffffffffffffffffffffffffffff))
            r := or(r, shl(6, gt(shr(r, x), 0xffffffffffffffff)))
            r := or(r, shl(5, gt(shr(r, x), 0xffffffff)))
            r := or(r, shl(4, gt(shr(r, x), 0xffff)))
            r := or(r, shl(3, gt(shr(r, x), 0xff)))
            r := or(r, shl(2, gt(shr(r, x), 0xf)))
            r := or(r, byte(shr(r, x), 0x0000010102020202030303030303030300000000000000000000000000000000))
        }
    }

    /// @dev The float nearest to significand · 2^exponent, ties to even; `significand` is not zero, |exponent| < 2^64. Where
    /// the significand stands for more digits than it has, its last bit is set and it has at least 26 bits.
    function _round(uint256 signBit, uint256 significand, int256 exponent) private pure returns (uint256 r) {
        uint256 top = _top(significand);
        assembly ("memory-safe") {
            let biased := add(add(top, exponent), 127)
            let shift := sub(top, 23)
            if slt(biased, 1) {
                // subnormal: the last bit is worth 2^-149
                shift := sub(add(shift, 1), biased)
                biased := 1
            }
            switch sgt(shift, 0)
            case 0 {
                r := shl(sub(0, shift), significand)
            }
            default {
                // past 256 there is less than half a unit
                if lt(shift, 257) {
                    r := shr(shift, significand)
                    let rest := and(significand, sub(shl(shift, 1), 1))
                    r := add(r, gt(add(rest, and(r, 1)), shl(sub(shift, 1), 1)))
                }
            }
            // a carry out of the significand lands in the exponent
            r := add(r, shl(23, sub(biased, 1)))
            if gt(r, 0x7f800000) {
                r := 0x7f800000
            }
            if r {
                r := or(r, signBit)
            }
        }
    }
}
