// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Median} from "../../../contracts/libraries/Median.sol";
import {Report} from "../../../contracts/types/Feed.sol";
import {Test} from "../support/Test.sol";

/// @notice Calls the function that reads calldata.
contract MedianHarness {
    function lowerOf(Report[] calldata reports) external pure returns (int128) {
        return Median.lowerOf(reports);
    }
}

/// @notice `Median` against definitions that sort nothing and divide nothing.
contract MedianTest is Test {
    uint256 private constant SEATS_MAX = 31;

    MedianHarness private _harness;

    function setUp() public {
        _harness = new MedianHarness();
    }

    /// @notice The lower middle of `n` values: fewer than `⌈n/2⌉` are below it, at least `⌈n/2⌉` are not above it.
    function testFuzz_LowerOfSplitsTheReportsInTheMiddle(
        int128[31] memory values,
        uint8 count,
        uint8 spread
    ) public view {
        Report[] memory reports = _reports(values, bound(count, 1, SEATS_MAX), spread);
        int128 median = _harness.lowerOf(reports);
        uint256 half = (reports.length + 1) / 2;
        (uint256 below, uint256 equal) = (0, 0);
        for (uint256 i = 0; i < reports.length; ++i) {
            if (reports[i].value < median) ++below;
            if (reports[i].value == median) ++equal;
        }
        assertGe(equal, 1, "somebody signed it");
        assertLe(below + 1, half, "below");
        assertGe(below + equal, half, "not above");
    }

    /// @notice I28: of `2f + 1` or more reports, `f` of them lies, the median lies between the smallest and the largest honest one.
    function testFuzz_I28_LiarsDoNotMoveTheMedianBeyondTheHonest(
        int128[31] memory values,
        uint8 faults,
        uint8 more,
        int128 low,
        int128 high
    ) public view {
        uint256 liars = bound(faults, 0, 10);
        uint256 count = bound(more, 2 * liars + 1, 3 * liars + 1);
        if (low > high) (low, high) = (high, low);
        Report[] memory reports = _reports(values, count, 0);
        // Honest ones are drawn into [low, high]; the first `liars` stay where the fuzzer put them.
        uint256 width = uint256(int256(high) - low) + 1;
        for (uint256 i = liars; i < count; ++i) {
            reports[i].value = int128(int256(low) + int256(uint256(uint128(reports[i].value)) % width));
        }
        int128 median = _harness.lowerOf(reports);
        (int128 least, int128 most) = (reports[liars].value, reports[liars].value);
        for (uint256 i = liars; i < count; ++i) {
            if (reports[i].value < least) least = reports[i].value;
            if (reports[i].value > most) most = reports[i].value;
        }
        assertTrue(median >= least && median <= most, "I28: outside of the honest reports");
    }

    /// @notice Of exactly `2f + 1`, more than `f` lies can move it: the bound is sharp, so the test above can fail.
    function test_MoreThanHalfDecide() public view {
        Report[] memory reports = new Report[](3);
        (reports[0].value, reports[1].value, reports[2].value) = (type(int128).max, 5, type(int128).max);
        assertTrue(_harness.lowerOf(reports) == type(int128).max, "two of three");
        (reports[0].value, reports[2].value) = (type(int128).min, type(int128).max);
        assertTrue(_harness.lowerOf(reports) == 5, "one on each side");
    }

    function testFuzz_TheOrderOfReportsDoesNotMatter(int128[31] memory values, uint8 count, uint256 seed) public view {
        Report[] memory reports = _reports(values, bound(count, 1, SEATS_MAX), uint8(seed));
        int128 before = _harness.lowerOf(reports);
        for (uint256 i = reports.length - 1; i != 0; --i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 j = seed % (i + 1);
            (reports[i], reports[j]) = (reports[j], reports[i]);
        }
        assertTrue(_harness.lowerOf(reports) == before, "order");
    }

    /// @notice `isBeyond` and `isMoved` at the unit: the largest distance within is found by counting in 256 bits.
    function testFuzz_BeyondIsExactAtTheUnit(int128 base, uint16 bps, bool up) public pure {
        int256 size = base < 0 ? -int256(base) : int256(base);
        // |value − base| ≤ |base| · bps / 10,000: the largest integer distance is the quotient rounded down.
        int256 largest = (size * int256(uint256(bps))) / 10_000;
        int256 edge = up ? int256(base) + largest : int256(base) - largest;
        if (_fits(edge)) assertFalse(Median.isBeyond(int128(edge), base, bps), "at the edge");
        edge = up ? edge + 1 : edge - 1;
        if (_fits(edge)) assertTrue(Median.isBeyond(int128(edge), base, bps), "a unit further");
    }

    function testFuzz_MovedIsExactAtTheUnit(int128 base, uint16 bps, bool up) public pure {
        int256 size = base < 0 ? -int256(base) : int256(base);
        // |value − base| ≥ |base| · bps / 10,000, and not nothing: the smallest is the quotient rounded up, at least 1.
        int256 smallest = (size * int256(uint256(bps)) + 9_999) / 10_000;
        if (smallest == 0) smallest = 1;
        int256 edge = up ? int256(base) + smallest : int256(base) - smallest;
        if (_fits(edge)) assertTrue(Median.isMoved(int128(edge), base, bps), "at the edge");
        edge = up ? edge - 1 : edge + 1;
        if (_fits(edge)) assertFalse(Median.isMoved(int128(edge), base, bps), "a unit less");
    }

    /// @notice Bases of which `bps` ten-thousandths are a whole number, which random ones hardly ever are: at it is moved, not beyond.
    function testFuzz_AWholeNumberIsMovedAndNotBeyond(int64 tenThousandth, uint16 bps, bool up) public pure {
        if (tenThousandth == 0) tenThousandth = 1;
        int256 base = int256(tenThousandth) * 10_000;
        int256 distance = (tenThousandth < 0 ? -int256(tenThousandth) : int256(tenThousandth)) * int256(uint256(bps));
        int128 edge = int128(up ? base + distance : base - distance);
        assertEq(Median.isMoved(edge, int128(base), bps), bps != 0, "moved");
        assertFalse(Median.isBeyond(edge, int128(base), bps), "beyond");
    }

    /// @notice The ends of the type overflow nothing.
    function testFuzz_ExtremesDoNotOverflow(int128 value, uint16 bps, bool low) public pure {
        int128 end = low ? type(int128).min : type(int128).max;
        assertFalse(Median.isBeyond(end, end, bps), "itself");
        assertFalse(Median.isMoved(end, end, 0), "no move");
        assertEq(Median.isBeyond(value, 0, bps), value != 0, "from zero");
        assertEq(Median.isMoved(value, 0, bps), value != 0, "moved from zero");
        Median.isBeyond(value, end, bps);
        Median.isMoved(end, value, bps);
    }

    function _fits(int256 value) private pure returns (bool) {
        return value >= type(int128).min && value <= type(int128).max;
    }

    /// @dev A small spread makes equal values, which random ones never are.
    function _reports(
        int128[31] memory values,
        uint256 count,
        uint8 spread
    ) private pure returns (Report[] memory reports) {
        reports = new Report[](count);
        for (uint256 i = 0; i < count; ++i) {
            reports[i].seat = uint8(i);
            reports[i].value = spread % 2 == 0 ? values[i] : values[i] % int128(uint128(spread) + 1);
        }
    }
}
