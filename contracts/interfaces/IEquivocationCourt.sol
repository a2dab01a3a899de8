// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SignedOutput} from "../types/Attestation.sol";
import {AttestationRecord, JobId, Terms} from "../types/Job.sol";

/// @title Two signatures are a verdict
/// @notice Whoever shows that an operator signed two different outputs for one job has proven an offence; nothing needs to
/// be computed. Sits above the job registry like the trial court, holds no money, and can only do this one thing.
/// @dev The evidence is public once it is sent: a copier can take the reporter's share. Reporters who mind use a private
/// relay. The slash itself cannot be prevented by copying.
interface IEquivocationCourt {
    event EquivocationProven(JobId indexed jobId, address indexed operator, address indexed reporter);

    /// @notice Thrown when the two outputs are equal, or not both bound to `operator`.
    error EquivocationCourtNotProven(JobId jobId, address operator);
    error EquivocationCourtAlreadyProven(JobId jobId, address operator);

    function isProven(JobId jobId, address operator) external view returns (bool);

    /// @notice Proves an equivocation. Once per operator and job; anybody may call and is the reporter.
    /// @param record the recorded attestation, while the job is attested or on trial, or where `first` refers to it
    /// @param first one signed output; an empty signature means the recorded attestation itself
    /// @param second the other signed output
    /// @dev Slashes the job's lock if this operator's recorded attestation still holds it, and as much again from free, then
    /// unbonding stake; never another job's lock. While a trial is open the lock is left to the trial court.
    function prove(
        Terms calldata terms,
        AttestationRecord calldata record,
        address operator,
        SignedOutput calldata first,
        SignedOutput calldata second
    ) external;
}
