// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Median} from "../../contracts/libraries/Median.sol";

/// @notice How far values lie apart, for all values and all thresholds.
contract MedianProof {
    function nothingLiesBeyondItself(int128 value, uint16 bps) external pure {
        assert(!Median.isBeyond(value, value, bps));
    }

    function nothingMovesToItself(int128 value, uint16 bps) external pure {
        assert(!Median.isMoved(value, value, bps));
    }

    function whatIsBeyondHasMoved(int128 value, int128 base, uint16 bps) external pure {
        assert(!Median.isBeyond(value, base, bps) || Median.isMoved(value, base, bps));
    }

    function anythingIsBeyondZero(int128 value, uint16 bps) external pure {
        assert(value == 0 || Median.isBeyond(value, 0, bps));
    }

    function withoutThresholdEveryChangeCounts(int128 value, int128 base) external pure {
        assert(Median.isBeyond(value, base, 0) == (value != base));
    }

    function bothSidesCountAlike(int64 base, uint64 gap, uint16 bps) external pure {
        int128 up = int128(base) + int128(uint128(gap));
        int128 down = int128(base) - int128(uint128(gap));
        assert(Median.isBeyond(up, base, bps) == Median.isBeyond(down, base, bps));
    }
}
