// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobId} from "../types/Job.sol";

/// @title What a contract that asks for an inference implements
/// @dev Called by the job registry with exactly the gas named in the terms. Return data is ignored and a failure blocks
/// nothing: the money moves all the same, and anybody may call `IJobRegistry.retryCallback` later.
/// Implementations must check that `msg.sender` is the registry they trust and that the job is one of their own; inherit
/// `InferenceConsumer`, which does both.
interface IInferenceCallback {
    /// @notice The answer is here, and may still be overturned until the challenge window ends.
    /// @param jobId the job
    /// @param outputRoot root of the output vector
    /// @param outputContent sha2-256 of the published output vector, for jobs with `Delivery.Blob`; else zero
    /// @param output the output vector, 4 bytes big-endian per element, for jobs with `Delivery.Inline`; else empty
    function onAttested(JobId jobId, bytes32 outputRoot, bytes32 outputContent, bytes calldata output) external;

    /// @notice The answer is final: nobody can overturn it any more. Parameters as in `onAttested`.
    function onFinal(JobId jobId, bytes32 outputRoot, bytes32 outputContent, bytes calldata output) external;
}
