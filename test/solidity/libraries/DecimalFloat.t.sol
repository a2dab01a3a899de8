// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DecimalFloat} from "../../../contracts/libraries/DecimalFloat.sol";
import {Test} from "../support/Test.sol";

/// @notice `DecimalFloat` against the definition of rounding: no float32 is nearer, and of two as near the even one is taken.
contract DecimalFloatTest is Test {
    uint256 private constant DECIMALS_MAX = 18;

    /// @notice `|value/10^d − float| ≤ ulp/2` on both sides, ties to even. Midpoints to the neighbours are compared as integers.
    function testFuzz_IsTheNearestFloatTiesToEven(int128 value, uint8 decimals, uint8 shorter) public pure {
        // Every length of value is as likely.
        value = value >> bound(shorter, 0, 126);
        _checkNearest(value, bound(decimals, 0, DECIMALS_MAX));
    }

    /// @notice The same near the middle between two floats, where rounding is decided: m · 2^e + 2^(e−1) and its neighbours.
    function testFuzz_IsTheNearestFloatAtTheMidpoints(
        uint24 mantissa,
        uint8 exponent,
        uint8 decimals,
        int8 off,
        bool negative
    ) public pure {
        uint256 digits = bound(decimals, 0, DECIMALS_MAX);
        uint256 places = bound(exponent, 1, 102);
        uint256 odd = (2 * ((uint256(mantissa) | (1 << 23)) & 0xffffff) + 1) << (places - 1);
        // As far up as `value = midpoint · 10^d` stays within 127 bits.
        uint256 power = 10 ** digits;
        while (odd * power > uint256(uint128(type(int128).max)) - 8 && odd & 1 == 0) odd >>= 1;
        if (odd * power > uint256(uint128(type(int128).max)) - 8) (digits, power) = (0, 1);
        int256 value = int256(odd * power) + (off % 3);
        if (negative) value = -value;
        _checkNearest(int128(value), digits);
    }

    function testFuzz_IsMonotone(int128 a, int128 b, uint8 decimals, bool near) public pure {
        decimals = uint8(bound(decimals, 0, DECIMALS_MAX));
        if (near) b = a == type(int128).max ? a : a + 1;
        (int128 less, int128 more) = a < b ? (a, b) : (b, a);
        assertTrue(_orderOf(_float(less, decimals)) <= _orderOf(_float(more, decimals)), "monotone");
    }

    function testFuzz_IsSymmetric(int128 value, uint8 decimals) public pure {
        decimals = uint8(bound(decimals, 0, DECIMALS_MAX));
        if (value == type(int128).min || value == 0) return;
        assertEq(_float(value, decimals) ^ 0x80000000, _float(-value, decimals), "sign");
    }

    /// @notice The ends of the type, at every number of decimals, and one unit: finite, normal, nearest.
    function test_TheEndsOfTheType() public pure {
        for (uint256 decimals = 0; decimals <= DECIMALS_MAX; ++decimals) {
            _checkNearest(type(int128).max, decimals);
            _checkNearest(type(int128).max - 1, decimals);
            _checkNearest(type(int128).min, decimals);
            _checkNearest(type(int128).min + 1, decimals);
            _checkNearest(1, decimals);
            _checkNearest(-1, decimals);
            assertEq(_float(0, decimals), 0, "zero has no sign");
        }
    }

    /// @notice Values that were worked out elsewhere (Python: `struct.pack(">f", …)`).
    function test_KnownValues() public pure {
        assertEq(_float(1, 0), 0x3f800000, "1");
        assertEq(_float(-25, 1), 0xc0200000, "-2.5");
        assertEq(_float(1, 1), 0x3dcccccd, "0.1");
        assertEq(_float(345_678_901_234, 8), 0x45580ca0, "3456.78901234");
        assertEq(_float(16_777_217, 0), 0x4b800000, "2^24 + 1: tie, even below");
        assertEq(_float(16_777_219, 0), 0x4b800002, "2^24 + 3: tie, even above");
        assertEq(_float(type(int128).max, 0), 0x7f000000, "2^127 - 1");
        assertEq(_float(type(int128).min, 0), 0xff000000, "-2^127");
        assertEq(_float(1, 18), 0x219392ef, "1e-18");
    }

    /* INTERNAL */

    function _float(int128 value, uint256 decimals) private pure returns (uint256) {
        return DecimalFloat.toFloat32(value, decimals);
    }

    /// @dev Twice the float, times 2^E, is an integer: `2·m·2^e`. A neighbour lies an ulp away, so the midpoints are
    /// `(2m ± 1)·2^e / 2`; below a power of two the lower one is half as far: `(4m − 1)·2^e / 4`.
    function _checkNearest(int128 value, uint256 decimals) private pure {
        uint256 bits = _float(value, decimals);
        if (value == 0) return assertEq(bits, 0, "zero");
        assertEq(bits >> 31, value < 0 ? 1 : 0, "sign");
        uint256 field = (bits >> 23) & 0xff;
        assertTrue(field != 0 && field != 0xff, "normal");
        uint256 mantissa = (bits & 0x7fffff) | (1 << 23);
        // float = mantissa · 2^(field − 150). Everything times 4, so that quarters are whole.
        uint256 left = 4 * (value < 0 ? uint256(-int256(value)) : uint256(int256(value)));
        uint256 right = 10 ** decimals;
        // left ? (4m ± …) · 10^d · 2^(field − 150)
        if (field >= 150) right <<= field - 150;
        else left <<= 150 - field;
        uint256 upper = (4 * mantissa + 2) * right;
        uint256 lower = (4 * mantissa - (bits & 0x7fffff == 0 ? 1 : 2)) * right;
        bool even = mantissa & 1 == 0;
        assertTrue(even ? left <= upper : left < upper, "the float above is nearer");
        assertTrue(even ? left >= lower : left > lower, "the float below is nearer");
    }

    /// @dev Floats without NaN, in the order of their values.
    function _orderOf(uint256 bits) private pure returns (int256) {
        return bits >> 31 == 0 ? int256(bits) : -int256(bits & 0x7fffffff);
    }
}
