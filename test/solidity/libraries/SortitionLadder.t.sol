// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SortitionLadder} from "../../../contracts/libraries/SortitionLadder.sol";
import {JobId} from "../../../contracts/types/Job.sol";
import {Test} from "../support/Test.sol";

contract SortitionLadderTest is Test {
    /// @notice Whoever is eligible stays so: time and stake only ever help.
    function testFuzz_MonotoneInTimeAndStake(
        bytes32 jobId,
        bytes32 seed,
        address operator,
        uint128[2] memory stakes,
        uint128 others,
        uint16 width,
        uint8[2] memory steps
    ) public pure {
        (uint256 less, uint256 more) = stakes[0] < stakes[1] ? (stakes[0], stakes[1]) : (stakes[1], stakes[0]);
        (uint256 sooner, uint256 later) = steps[0] < steps[1] ? (steps[0], steps[1]) : (steps[1], steps[0]);
        (sooner, later) = (sooner % 65, later % 65);
        if (sooner > later) (sooner, later) = (later, sooner);
        uint256 total = uint256(more) + others;
        bool weak = _eligible(jobId, seed, operator, less, total, width, sooner);
        if (weak) {
            assertTrue(_eligible(jobId, seed, operator, less, total, width, later), "later");
            assertTrue(_eligible(jobId, seed, operator, more, total, width, sooner), "more stake");
        }
    }

    /// @notice At the last step everybody with stake is eligible, whatever the draw: no job is unanswerable.
    function testFuzz_InTheEndEverybodyWithStake(
        bytes32 jobId,
        bytes32 seed,
        address operator,
        uint128 stake
    ) public pure {
        bool eligible = _eligible(jobId, seed, operator, stake, type(uint128).max, 1, 64);
        // 2^64 doublings of one unit against 2^128 units: the few smallest stakes may still have to wait for ever
        if (stake >= 2 ** 64) assertTrue(eligible, "last step");
        if (stake == 0) assertFalse(eligible, "no stake");
        assertEq(_eligible(jobId, 0, operator, stake, type(uint128).max, 1, 0), stake != 0, "forgotten seed");
    }

    /// @notice Of four units a ticket draws one by its highest two bits, and belongs to those with more units than its number.
    function testFuzz_ExactAtTheUnit(bytes32 jobId, bytes32 seed, address operator) public pure {
        if (seed == 0) seed = bytes32(uint256(1));
        uint256 drawn = uint256(keccak256(abi.encode(keccak256(abi.encode(jobId, seed)), operator))) >> 254;
        for (uint256 stake = 1; stake <= 4; ++stake) {
            assertEq(_eligible(jobId, seed, operator, stake, 4, 1, 0), drawn < stake, "units");
        }
    }

    function testFuzz_StepsAreCounted(uint40 elapsed, uint32 step) public pure {
        step = uint32(bound(step, 1, type(uint32).max));
        uint256 n = SortitionLadder.stepAt(elapsed, step);
        assertLe(n, 64, "at most 64");
        if (n < 64) {
            assertLe(n * step, elapsed, "not early");
            assertGe((n + 1) * step, uint256(elapsed) + 1, "not late");
        }
    }

    function _eligible(
        bytes32 jobId,
        bytes32 seed,
        address operator,
        uint256 stake,
        uint256 total,
        uint256 width,
        uint256 step
    ) private pure returns (bool) {
        return SortitionLadder.isEligible(JobId.wrap(jobId), seed, operator, stake, total, width, step);
    }
}
