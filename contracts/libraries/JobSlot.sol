// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobHash} from "./JobHash.sol";
import {AttestationRecord, JobReason, JobStatus} from "../types/Job.sol";

/// @notice The one slot of a job.
/// @dev Bits, low to high: status 7, delivered 1, reason 16 (low 8 used), then 232 bits:
/// requested: requestedAt 40, requestBlock 64, outputLength 32, rest zero;
/// attested and after: the first 232 bits of `keccak256(abi.encode(record))`.
/// The terms need no commitment of their own: the slot's key is their hash.
type JobSlot is bytes32;

using JobSlotLib for JobSlot global;

library JobSlotLib {
    uint256 private constant STATUS_MASK = 0x7f;
    uint256 private constant DELIVERED = 0x80;
    uint256 private constant REASON_SHIFT = 8;
    uint256 private constant BODY_SHIFT = 24;
    uint256 private constant LOW_MASK = (1 << BODY_SHIFT) - 1;
    uint256 private constant BLOCK_SHIFT = BODY_SHIFT + 40;
    uint256 private constant OUTPUT_SHIFT = BLOCK_SHIFT + 64;

    /// @param outputLength_ elements of the model's output vector, kept so that attest need not ask for it
    function requested(uint256 timestamp, uint256 blockNumber, uint256 outputLength_) internal pure returns (JobSlot) {
        return
            _wrap(
                uint8(JobStatus.Requested) |
                    (uint256(uint40(timestamp)) << BODY_SHIFT) |
                    (uint256(uint64(blockNumber)) << BLOCK_SHIFT) |
                    (outputLength_ << OUTPUT_SHIFT)
            );
    }

    function attested(AttestationRecord memory record, bool delivered) internal pure returns (JobSlot) {
        return
            _wrap(
                (uint256(JobHash.hashOfMemory(record)) & ~LOW_MASK) |
                    uint8(JobStatus.Attested) |
                    (delivered ? DELIVERED : 0)
            );
    }

    /// @notice The slot of a job that ends without an attestation.
    function ended(JobStatus newStatus, JobReason newReason) internal pure returns (JobSlot) {
        return _wrap(uint8(newStatus) | (uint256(uint8(newReason)) << REASON_SHIFT));
    }

    /// @notice Keeps commitment and delivery, changes status and reason.
    function moved(JobSlot slot, JobStatus newStatus, JobReason newReason) internal pure returns (JobSlot) {
        uint256 kept = _raw(slot) & ~(STATUS_MASK | (0xffff << REASON_SHIFT));
        return _wrap(kept | uint8(newStatus) | (uint256(uint8(newReason)) << REASON_SHIFT));
    }

    function withDelivered(JobSlot slot, bool delivered) internal pure returns (JobSlot) {
        return _wrap(delivered ? _raw(slot) | DELIVERED : _raw(slot) & ~DELIVERED);
    }

    function status(JobSlot slot) internal pure returns (JobStatus) {
        return JobStatus(_raw(slot) & STATUS_MASK);
    }

    function reason(JobSlot slot) internal pure returns (JobReason) {
        return JobReason((_raw(slot) >> REASON_SHIFT) & 0xff);
    }

    function isDelivered(JobSlot slot) internal pure returns (bool) {
        return _raw(slot) & DELIVERED != 0;
    }

    function requestedAt(JobSlot slot) internal pure returns (uint256) {
        return uint40(_raw(slot) >> BODY_SHIFT);
    }

    function requestBlock(JobSlot slot) internal pure returns (uint256) {
        return uint64(_raw(slot) >> BLOCK_SHIFT);
    }

    function outputLength(JobSlot slot) internal pure returns (uint256) {
        return uint32(_raw(slot) >> OUTPUT_SHIFT);
    }

    /// @notice The commitment, left-aligned.
    function commitment(JobSlot slot) internal pure returns (bytes32) {
        return bytes32(_raw(slot) & ~LOW_MASK);
    }

    function commitsTo(JobSlot slot, AttestationRecord calldata record) internal pure returns (bool) {
        return (_raw(slot) ^ uint256(JobHash.hashOf(record))) >> BODY_SHIFT == 0;
    }

    function _raw(JobSlot slot) private pure returns (uint256) {
        return uint256(JobSlot.unwrap(slot));
    }

    function _wrap(uint256 raw) private pure returns (JobSlot) {
        return JobSlot.wrap(bytes32(raw));
    }
}
