// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobSlot, JobSlotLib} from "../../contracts/libraries/JobSlot.sol";
import {JobReason, JobStatus} from "../../contracts/types/Job.sol";

/// @notice What goes into the slot of a job comes out of it.
contract JobSlotProof {
    function requestKeepsItsTime(uint40 timestamp, uint64 blockNumber, uint32 outputLength) external pure {
        assert(JobSlotLib.requested(timestamp, blockNumber, outputLength).requestedAt() == timestamp);
    }

    function requestKeepsItsBlock(uint40 timestamp, uint64 blockNumber, uint32 outputLength) external pure {
        assert(JobSlotLib.requested(timestamp, blockNumber, outputLength).requestBlock() == blockNumber);
    }

    function endKeepsReason(uint8 reason) external pure {
        require(reason <= uint8(type(JobReason).max));
        assert(JobSlotLib.ended(JobStatus.Expired, JobReason(reason)).reason() == JobReason(reason));
    }

    function deliveryLeavesStatus(bytes32 raw, bool delivered) external pure {
        JobSlot slot = JobSlot.wrap(raw);
        assert(slot.withDelivered(delivered).isDelivered() == delivered);
    }
}
