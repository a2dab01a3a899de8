// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, JobId, Terms} from "../types/Job.sol";
import {CaseFile, Docket, Exhibits, Ground, TrialStatus} from "../types/Trial.sol";
import {JobHash} from "./JobHash.sol";

/// @notice The one slot of a trial.
/// @dev Bits, low to high: status 8, mark 8, then the first 240 bits of the hash of the case file:
/// `keccak256(abi.encode(jobId, keccak256(record), keccak256(docket), keccak256(exhibits)))`, each part ABI-encoded. All four
/// are made of whole words, so their bytes in calldata and in memory are their encoding. Dirty upper bits in calldata make
/// another hash, which no slot holds.
type TrialSlot is bytes32;

using TrialSlotLib for TrialSlot global;

library TrialSlotLib {
    uint256 private constant MARK_SHIFT = 8;
    uint256 private constant BODY_SHIFT = 16;
    uint256 private constant LOW_MASK = (1 << BODY_SHIFT) - 1;

    uint256 private constant TERMS_BYTES = 10 * 32;
    uint256 private constant DOCKET_BYTES = 9 * 32;
    uint256 private constant EXHIBITS_BYTES = 8 * 32;

    /// @notice The slot of a trial with this case file, unmarked.
    function create(TrialStatus newStatus, bytes32 fileHash) internal pure returns (TrialSlot) {
        return TrialSlot.wrap(bytes32((uint256(fileHash) & ~LOW_MASK) | uint8(newStatus)));
    }

    function moved(TrialSlot slot, TrialStatus newStatus) internal pure returns (TrialSlot) {
        return TrialSlot.wrap(bytes32((_raw(slot) & ~uint256(0xff)) | uint8(newStatus)));
    }

    function marked(TrialSlot slot, Ground ground) internal pure returns (TrialSlot) {
        return TrialSlot.wrap(bytes32((_raw(slot) & ~(uint256(0xff) << MARK_SHIFT)) | (uint256(ground) << MARK_SHIFT)));
    }

    function status(TrialSlot slot) internal pure returns (TrialStatus) {
        return TrialStatus(uint8(_raw(slot)));
    }

    function mark(TrialSlot slot) internal pure returns (Ground) {
        return Ground(uint8(_raw(slot) >> MARK_SHIFT));
    }

    /// @notice The commitment, left-aligned.
    function commitment(TrialSlot slot) internal pure returns (bytes32) {
        return bytes32(_raw(slot) & ~LOW_MASK);
    }

    function commitsTo(TrialSlot slot, bytes32 fileHash) internal pure returns (bool) {
        return (_raw(slot) ^ uint256(fileHash)) >> BODY_SHIFT == 0;
    }

    /// @notice The id that these terms have in a job registry: `keccak256(abi.encode(block.chainid, registry, terms))`.
    function idOf(Terms calldata terms, address registry) internal view returns (JobId jobId) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, chainid())
            mstore(add(buffer, 0x20), registry)
            calldatacopy(add(buffer, 0x40), terms, TERMS_BYTES)
            jobId := keccak256(buffer, add(TERMS_BYTES, 0x40))
        }
    }

    /// @notice Hash of a case file as it was brought.
    function hashOf(JobId jobId, CaseFile calldata file) internal pure returns (bytes32) {
        return _join(jobId, file.record, docketHash(file.docket), _exhibitsHash(file.exhibits));
    }

    /// @notice Hash of a case file whose docket has just been written.
    function hashOfOpened(
        JobId jobId,
        AttestationRecord calldata record,
        Docket memory docket
    ) internal pure returns (bytes32) {
        bytes32 hash;
        assembly ("memory-safe") {
            hash := keccak256(docket, DOCKET_BYTES)
        }
        Exhibits memory nothing;
        return _join(jobId, record, hash, exhibitsHashOfMemory(nothing));
    }

    /// @notice Hash of a case file whose exhibits have just been posted.
    function hashOfPosted(
        JobId jobId,
        CaseFile calldata file,
        Exhibits memory exhibits
    ) internal pure returns (bytes32) {
        return _join(jobId, file.record, docketHash(file.docket), exhibitsHashOfMemory(exhibits));
    }

    function docketHash(Docket calldata docket) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, docket, DOCKET_BYTES)
            hash := keccak256(buffer, DOCKET_BYTES)
        }
    }

    function exhibitsHashOfMemory(Exhibits memory exhibits) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(exhibits, EXHIBITS_BYTES)
        }
    }

    function _exhibitsHash(Exhibits calldata exhibits) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, exhibits, EXHIBITS_BYTES)
            hash := keccak256(buffer, EXHIBITS_BYTES)
        }
    }

    function _join(
        JobId jobId,
        AttestationRecord calldata record,
        bytes32 docket,
        bytes32 exhibits
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(jobId, JobHash.hashOf(record), docket, exhibits));
    }

    function _raw(TrialSlot slot) private pure returns (uint256) {
        return uint256(TrialSlot.unwrap(slot));
    }
}
