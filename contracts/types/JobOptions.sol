// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Availability, CallbackPhase, Delivery} from "./Job.sol";

/// @notice The small settings of a job in one word, so that terms stay cheap to pass, hash and publish.
/// @dev Bits, low to high:
///
///     availability       8    how everybody can obtain the input
///     delivery           8    how the output reaches the chain
///     callbackPhase      8    when the callback is called
///     callbackGas       32    gas the callback may use
///     challengeWindow   32    seconds in which the answer can be put on trial
///     attestDeadline    40    last second in which an attestation is accepted, Unix seconds
///     parametersVersion 32    version of the bounded parameters this job lives under, for ever; set by the registry
///     salt              96    anything; makes otherwise equal terms different jobs
type JobOptions is uint256;

using JobOptionsLib for JobOptions global;

library JobOptionsLib {
    uint256 private constant DELIVERY_SHIFT = 8;
    uint256 private constant PHASE_SHIFT = 16;
    uint256 private constant GAS_SHIFT = 24;
    uint256 private constant WINDOW_SHIFT = 56;
    uint256 private constant DEADLINE_SHIFT = 88;
    uint256 private constant VERSION_SHIFT = 128;
    uint256 private constant SALT_SHIFT = 160;

    /// @notice Options of a job; `parametersVersion` is left to the registry.
    function create(
        Availability availability_,
        Delivery delivery_,
        CallbackPhase phase,
        uint32 callbackGas_,
        uint32 challengeWindow_,
        uint40 attestDeadline_,
        uint96 salt_
    ) internal pure returns (JobOptions) {
        return
            JobOptions.wrap(
                uint256(uint8(availability_)) |
                    (uint256(uint8(delivery_)) << DELIVERY_SHIFT) |
                    (uint256(uint8(phase)) << PHASE_SHIFT) |
                    (uint256(callbackGas_) << GAS_SHIFT) |
                    (uint256(challengeWindow_) << WINDOW_SHIFT) |
                    (uint256(attestDeadline_) << DEADLINE_SHIFT) |
                    (uint256(salt_) << SALT_SHIFT)
            );
    }

    function availability(JobOptions options) internal pure returns (Availability) {
        return Availability(uint8(JobOptions.unwrap(options)));
    }

    function delivery(JobOptions options) internal pure returns (Delivery) {
        return Delivery(uint8(JobOptions.unwrap(options) >> DELIVERY_SHIFT));
    }

    function callbackPhase(JobOptions options) internal pure returns (CallbackPhase) {
        return CallbackPhase(uint8(JobOptions.unwrap(options) >> PHASE_SHIFT));
    }

    function callbackGas(JobOptions options) internal pure returns (uint256) {
        return uint32(JobOptions.unwrap(options) >> GAS_SHIFT);
    }

    function challengeWindow(JobOptions options) internal pure returns (uint256) {
        return uint32(JobOptions.unwrap(options) >> WINDOW_SHIFT);
    }

    function attestDeadline(JobOptions options) internal pure returns (uint256) {
        return uint40(JobOptions.unwrap(options) >> DEADLINE_SHIFT);
    }

    function parametersVersion(JobOptions options) internal pure returns (uint32) {
        return uint32(JobOptions.unwrap(options) >> VERSION_SHIFT);
    }

    function salt(JobOptions options) internal pure returns (uint96) {
        return uint96(JobOptions.unwrap(options) >> SALT_SHIFT);
    }

    /// @notice The same options under another version of the parameters.
    function withVersion(JobOptions options, uint256 version) internal pure returns (JobOptions) {
        uint256 cleared = JobOptions.unwrap(options) & ~(uint256(type(uint32).max) << VERSION_SHIFT);
        return JobOptions.wrap(cleared | (version << VERSION_SHIFT));
    }
}
