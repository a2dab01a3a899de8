// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {JobId} from "../types/Job.sol";

/// @notice Who may answer an open job, and when: a few operators at once, twice as many with every step, in the end all.
/// @dev Each operator's ticket is uniform in [0, total stake); it is eligible at step n when the ticket is below
/// `stake · width · 2^n`. Nobody keeps a list, nobody schedules, and everybody knows his own time in advance.
library SortitionLadder {
    uint256 internal constant LAST_STEP = 64;

    /// @notice The step of the ladder, `elapsed / step` rounded down, at most 64.
    function stepAt(uint256 elapsed, uint256 step) internal pure returns (uint256) {
        return Math.min(elapsed / step, LAST_STEP);
    }

    /// @param seedHash hash of the block after the request; zero when the chain has forgotten it, and then everybody with
    /// stake is eligible: a job that old must not become unanswerable
    function isEligible(
        JobId jobId,
        bytes32 seedHash,
        address operator,
        uint256 stake,
        uint256 totalStake,
        uint256 width,
        uint256 step
    ) internal pure returns (bool) {
        if (stake == 0) return false;
        if (seedHash == 0) return true;
        uint256 ticket = uint256(keccak256(abi.encode(keccak256(abi.encode(jobId, seedHash)), operator)));
        // floor(ticket · total / 2^256): the high word of the product
        (uint256 drawn, ) = Math.mul512(ticket, totalStake);
        // stake is below 2^128, width below 2^16 and 2^step at most 2^64: no overflow
        return drawn < stake * width * (1 << step);
    }
}
