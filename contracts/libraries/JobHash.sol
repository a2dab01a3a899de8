// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, JobId, Terms} from "../types/Job.sol";

/// @notice The hashes of the two static structs, taken from where they lie.
/// @dev Both structs consist of whole words, so their bytes in calldata and memory are their ABI encoding, and
/// `abi.encode` would only copy them. Calldata with dirty upper bits is not refused here: its hash is one that no request
/// can have written, because requests hash terms that were decoded, and so it names an unknown job.
library JobHash {
    uint256 private constant TERMS_BYTES = 10 * 32;
    uint256 private constant RECORD_BYTES = 4 * 32;

    /// @notice `keccak256(abi.encode(block.chainid, address(this), terms))`.
    function idOf(Terms calldata terms) internal view returns (JobId jobId) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, chainid())
            mstore(add(buffer, 0x20), address())
            calldatacopy(add(buffer, 0x40), terms, TERMS_BYTES)
            jobId := keccak256(buffer, add(TERMS_BYTES, 0x40))
        }
    }

    /// @notice The same of terms in memory.
    function idOfMemory(Terms memory terms) internal view returns (JobId jobId) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, chainid())
            mstore(add(buffer, 0x20), address())
            mcopy(add(buffer, 0x40), terms, TERMS_BYTES)
            jobId := keccak256(buffer, add(TERMS_BYTES, 0x40))
        }
    }

    /// @notice `keccak256(abi.encode(record))`.
    function hashOf(AttestationRecord calldata record) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            calldatacopy(buffer, record, RECORD_BYTES)
            hash := keccak256(buffer, RECORD_BYTES)
        }
    }

    /// @notice The same of a record in memory.
    function hashOfMemory(AttestationRecord memory record) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(record, RECORD_BYTES)
        }
    }
}
