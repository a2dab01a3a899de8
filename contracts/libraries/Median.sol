// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Report} from "../types/Feed.sol";

/// @notice The value in the middle, and how far values lie apart.
library Median {
    uint256 private constant BPS = 10_000;

    /// @notice The median of the reports' values; of an even number the lower of the two in the middle, so that it is always a
    /// value that somebody signed.
    /// @dev INVARIANT(I28): of `2f + 1` or more values, at most `f` of them lies, the one in the middle is not below the smallest nor
    /// above the largest honest one.
    function lowerOf(Report[] calldata reports) internal pure returns (int128) {
        uint256 count = reports.length;
        int128[] memory sorted = new int128[](count);
        for (uint256 i = 0; i < count; ++i) {
            int128 value = reports[i].value;
            uint256 place = i;
            for (; place != 0 && sorted[place - 1] > value; --place) sorted[place] = sorted[place - 1];
            sorted[place] = value;
        }
        return sorted[(count - 1) / 2];
    }

    /// @notice Whether `value` lies further from `base` than `bps` ten-thousandths of `base`. Anything but zero is far from zero.
    function isBeyond(int128 value, int128 base, uint256 bps) internal pure returns (bool) {
        return distance(value, base) * BPS > magnitude(base) * bps;
    }

    /// @notice Whether `value` lies at least `bps` ten-thousandths of `base` from `base`, and is not `base`.
    function isMoved(int128 value, int128 base, uint256 bps) internal pure returns (bool) {
        return value != base && distance(value, base) * BPS >= magnitude(base) * bps;
    }

    function distance(int128 a, int128 b) private pure returns (uint256) {
        return a > b ? uint256(int256(a) - b) : uint256(int256(b) - a);
    }

    function magnitude(int128 a) private pure returns (uint256) {
        return a < 0 ? uint256(-int256(a)) : uint256(int256(a));
    }
}
