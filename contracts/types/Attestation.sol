// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobId} from "./Job.sol";

/// @notice The one signed object: receipt, settlement proof and slashing evidence at once (EIP-712).
struct Attestation {
    JobId jobId;
    bytes32 outputRoot;
    /// sha2-256 of the published output vector; zero unless the job's delivery is `Blob`
    bytes32 outputContent;
    address operator;
}

/// @notice An operator's promise to answer one job, single-use because a job is requested once (EIP-712).
struct Offer {
    JobId jobId;
    uint128 penalty;
    /// last second in which the requester may use it, Unix seconds
    uint64 expiry;
}

/// @notice One side of an equivocation: what was signed, without the parts both sides share.
struct SignedOutput {
    bytes32 outputRoot;
    bytes32 outputContent;
    bytes signature;
}

bytes32 constant ATTESTATION_TYPEHASH = keccak256(
    "Attestation(bytes32 jobId,bytes32 outputRoot,bytes32 outputContent,address operator)"
);
bytes32 constant OFFER_TYPEHASH = keccak256("Offer(bytes32 jobId,uint128 penalty,uint64 expiry)");
bytes32 constant APPOINTMENT_TYPEHASH = keccak256("Appointment(address operator,address attester)");
