// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FloatBits} from "../../../contracts/libraries/FloatBits.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls the functions that read calldata.
contract FloatBitsHarness {
    function elementAt(bytes calldata vector, uint256 index) external pure returns (uint32) {
        return FloatBits.elementAt(vector, index);
    }

    function argMax(bytes calldata vector) external pure returns (uint32) {
        return FloatBits.argMax(vector);
    }
}

/// @notice `FloatBits` against the definition of binary32, one bit at a time.
contract FloatBitsTest is Test {
    FloatBitsHarness private _harness;

    function setUp() public {
        _harness = new FloatBitsHarness();
    }

    function testFuzz_ToUnsignedDownIsTheFloor(uint32 bits, uint128 scale) public pure {
        uint256 exponent = (bits >> 23) & 0xff;
        // normal numbers: mantissa · scale · 2^104 fits in 256 bits
        bits = uint32((uint256(bits) & 0x007fffff) | (bound(exponent, 1, 254) << 23));
        assertEq(FloatBits.toUnsignedDown(bits, scale), _naive(bits, scale), "floor");
        assertEq(FloatBits.toUnsignedDown(bits | 0x80000000, scale), 0, "negative");
    }

    function testFuzz_NanAndInfinity(uint32 payload, uint128 scale) public pure {
        payload = uint32(bound(payload, 1, 0x7fffff));
        assertEq(FloatBits.toUnsignedDown(0x7f800000 | payload, scale), 0, "NaN");
        assertEq(FloatBits.orderKey(0x7f800000 | payload), 0, "NaN's key");
        assertEq(FloatBits.toUnsignedDown(0x7f800000, scale), type(uint256).max, "infinity");
    }

    function testFuzz_MonotoneInTheValue(uint32 a, uint32 b, uint128 scale) public pure {
        (a, b) = (a & 0x7fffffff, b & 0x7fffffff);
        if (a > 0x7f800000 || b > 0x7f800000) return;
        (uint32 less, uint32 more) = a < b ? (a, b) : (b, a);
        assertLe(FloatBits.toUnsignedDown(less, scale), FloatBits.toUnsignedDown(more, scale), "values");
        assertLe(FloatBits.orderKey(less), FloatBits.orderKey(more), "keys");
        assertGe(FloatBits.orderKey(less | 0x80000000), FloatBits.orderKey(more | 0x80000000), "negative keys");
    }

    function testFuzz_ArgMaxIsTheFirstOfTheLargest(uint32[] memory elements) public view {
        bytes memory vector = "";
        uint256 best = 0;
        for (uint256 i = 0; i < elements.length; ++i) {
            vector = bytes.concat(vector, bytes4(elements[i]));
            if (FloatBits.orderKey(elements[i]) > FloatBits.orderKey(elements[best])) best = i;
        }
        if (elements.length == 0) {
            assertEq(_harness.argMax(vector), 0, "empty");
            return;
        }
        assertEq(_harness.argMax(vector), best, "arg max");
        assertEq(_harness.elementAt(vector, best), elements[best], "element");
    }

    function testFuzz_ElementsOutsideAreRefused(bytes memory vector, uint256 index) public {
        uint256 count = vector.length / 4;
        index = bound(index, count, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(FloatBits.FloatBitsOutOfRange.selector, index, count));
        _harness.elementAt(vector, index);
    }

    /// @dev `mantissa · scale` halved or doubled step by step; halving rounds down every time, which is rounding down once.
    function _naive(uint32 bits, uint256 scale) private pure returns (uint256) {
        uint256 exponent = (bits >> 23) & 0xff;
        uint256 mantissa = (bits & 0x7fffff) | 0x800000;
        // value = mantissa · 2^(exponent - 150)
        if (exponent >= 150) {
            uint256 whole = mantissa * scale;
            for (uint256 i = 150; i < exponent; ++i) whole *= 2;
            return whole;
        }
        uint256 part = mantissa * scale;
        for (uint256 i = exponent; i < 150; ++i) part /= 2;
        return part;
    }
}
